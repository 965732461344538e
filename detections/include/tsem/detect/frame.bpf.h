/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The frame of a program: who called it is counted, and what it returns is what a hook may return. */
#ifndef TSEM_DETECT_FRAME_BPF_H
#define TSEM_DETECT_FRAME_BPF_H

#include "shared.bpf.h"

INLINE struct tsem_detect_counts *detect_counts(void)
{
	__u32 number = tsem_detection.number;

	return bpf_map_lookup_elem(&tsem_detect_counts, &number);
}

/* Another program can interrupt this one on its processor, so that a call in millions goes uncounted. */
INLINE void detect_called(void)
{
	struct tsem_detect_counts *counts = detect_counts();

	if (counts)
		counts->calls++;
}

#define DETECT_COUNT(what) \
	do { \
		struct tsem_detect_counts *counts_ = detect_counts(); \
		if (counts_) \
			__sync_fetch_and_add(&counts_->what, 1); \
	} while (0)

/* A detection that could not look says so: it is counted as failed. */
INLINE void tsem_failed(void)
{
	DETECT_COUNT(failed);
}

/* The verifier knows these two numbers, and no others, to be what a hook may return. */
INLINE int detect_verdict(int refused)
{
	int verdict = -EPERM;

	if (!refused)
		return 0;
	asm volatile("" : "+r"(verdict));
	return verdict;
}

/* As libbpf's, with the above. */
#undef BPF_PROG
#define BPF_PROG(name, args...) \
	name(unsigned long long *ctx); \
	static __always_inline int ____##name(unsigned long long *ctx, ##args); \
	int name(unsigned long long *ctx) \
	{ \
		detect_called(); \
		_Pragma("GCC diagnostic push") \
			_Pragma("GCC diagnostic ignored \"-Wint-conversion\"") return detect_verdict( \
				____##name(___bpf_ctx_cast(args))); \
		_Pragma("GCC diagnostic pop") \
	} \
	static __always_inline int ____##name(unsigned long long *ctx, ##args)

#endif
