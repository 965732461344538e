/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sequence locks: an entry has a version, which is odd while the entry is
 * written. Who reads takes the version, the entry, and the version again; it
 * has read one state of the entry if the version was even and is the same.
 *
 *	begun = sequence_read(&entry->version);
 *	...
 *	if (!sequence_same(&entry->version, begun))
 *
 * Only one task writes at a time; who comes meanwhile does without:
 *
 *	if (!sequence_write(&entry->version))
 *		return;
 *	...
 *	sequence_written(&entry->version);
 *
 * An atomic instruction orders what is around it only if its result is used:
 * of the others the compiler makes a cheaper one, which orders nothing.
 */
#ifndef TSEM_BPF_SEQUENCE_H
#define TSEM_BPF_SEQUENCE_H

#include "kernel.h"

/*
 * What is read before this is read before what is read after it. x86 does so by
 * itself. Elsewhere an atomic instruction does it, on memory that nobody shares.
 */
INLINE void read_barrier(void)
{
#ifdef __TARGET_ARCH_x86
	asm volatile("" ::: "memory");
#else
	volatile __u64 own = 0;
	__u64 used = __sync_fetch_and_add(&own, 1);

	asm volatile("" ::"r"(used) : "memory");
#endif
}

/* Adds, and what is before and behind it stays there. Returns the number before. */
INLINE __u64 ordered_add(__u64 *number, __u64 value)
{
	__u64 before = __sync_fetch_and_add(number, value);

	asm volatile("" ::"r"(before) : "memory");
	return before;
}

INLINE __u64 sequence_read(const volatile __u64 *version)
{
	__u64 begun = *version;

	read_barrier();
	return begun;
}

INLINE bool sequence_same(const volatile __u64 *version, __u64 begun)
{
	read_barrier();
	return !((begun & 1) | (*version ^ begun));
}

INLINE bool sequence_write(volatile __u64 *version)
{
	__u64 before = *version & ~1ULL;

	return __sync_val_compare_and_swap(version, before, before + 1) == before;
}

/* The exchange is one that orders, also where its result is not used. */
INLINE void sequence_written(volatile __u64 *version)
{
	__sync_lock_test_and_set(version, *version + 1);
}

#endif
