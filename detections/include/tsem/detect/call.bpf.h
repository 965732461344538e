/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which system call the current task is in: TSEM_IN_CALL(101, 117) is ptrace(2), by its numbers on x86-64 and arm64. A call
 * by its number for programs of 32 bits, which any program can make, may be every one.
 */
#ifndef TSEM_DETECT_CALL_BPF_H
#define TSEM_DETECT_CALL_BPF_H

#include "compat.h"
#include "kernel.h"

#ifdef __TARGET_ARCH_arm64
#define TSEM_IN_CALL(x86, arm64) in_call(arm64)
#else
#define TSEM_IN_CALL(x86, arm64) in_call(x86)
#endif

INLINE __u32 call_number(void)
{
	const void *registers = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#ifdef __TARGET_ARCH_arm64
	return BPF_CORE_READ((const struct pt_regs___call *)registers, syscallno);
#else
	return BPF_CORE_READ((const struct pt_regs___x86 *)registers, orig_ax);
#endif
}

INLINE bool in_call(__u32 wanted)
{
	__u32 number = call_number();

	return call_compat(number) || number == wanted;
}

#endif
