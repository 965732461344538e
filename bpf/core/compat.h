/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls by their numbers for programs of 32 bits, which any program can make. */
#ifndef TSEM_BPF_COMPAT_H
#define TSEM_BPF_COMPAT_H

#include "kernel.h"

#define TS_COMPAT 0x2 /* x86 */
#define TIF_32BIT 22 /* arm64 */
#define X32_BIT 0x40000000
#define NO_CALL_BIT 0x80000000 /* of -1 */

/* Whether the current task is in one. number: of the call, which x32 marks. */
INLINE bool call_compat(__u32 number)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());

#ifdef __TARGET_ARCH_arm64
	return task->thread_info.flags & 1UL << TIF_32BIT;
#else
	return task->thread_info.status & TS_COMPAT || (number & (X32_BIT | NO_CALL_BIT)) == X32_BIT;
#endif
}

#endif
