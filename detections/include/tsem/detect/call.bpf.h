/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which system call the current task is in: TSEM_IN_CALL(101, 117) is ptrace(2), by its numbers on x86-64 and arm64. A call
 * by its number for programs of 32 bits, which any program can make, may be every one.
 */
#ifndef TSEM_DETECT_CALL_BPF_H
#define TSEM_DETECT_CALL_BPF_H

#include "kernel.h"

#ifdef __TARGET_ARCH_arm64
#define TSEM_IN_CALL(x86, arm64) (call_compat() || call_number() == (arm64))
#else
#define TSEM_IN_CALL(x86, arm64) (call_compat() || call_number() == (x86))
#endif

INLINE __u32 call_number(void);

/* arm64 and x86: TIF_32BIT and TS_COMPAT; x32 is a bit of the number. */
INLINE bool call_compat(void)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());

#ifdef __TARGET_ARCH_arm64
	return task->thread_info.flags & 1UL << 22;
#else
	return task->thread_info.status & 2 || (call_number() & 0xc0000000) == 0x40000000;
#endif
}

INLINE __u32 call_number(void)
{
	const void *registers = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

#ifdef __TARGET_ARCH_arm64
	return BPF_CORE_READ((const struct pt_regs___call *)registers, syscallno);
#else
	return BPF_CORE_READ((const struct pt_regs___x86 *)registers, orig_ax);
#endif
}

#endif
