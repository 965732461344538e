/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of the system calls of abi/calls.def the current task is in. */
#ifndef TSEM_BPF_CALLS_H
#define TSEM_BPF_CALLS_H

#include "compat.h"
#include "describe.h"
#include "kernel.h"

enum {
	CALL_none, /* another one, or none at all */
#define TSEM_CALL(name, x86, arm64) CALL_##name,
#include "../../abi/calls.def"
#undef TSEM_CALL
	CALL_compat, /* any one by its number for programs of 32 bits, which are not told apart */
	CALL_uring, /* what io_uring does, which can be what other calls do */
	CALL_COUNT
};

#define CALL_NAME_MAX 24
static const char call_names[CALL_COUNT][CALL_NAME_MAX] = {
#define TSEM_CALL(name, x86, arm64) [CALL_##name] = #name,
#include "../../abi/calls.def"
#undef TSEM_CALL
	[CALL_compat] = "compat",
	[CALL_uring] = "io_uring",
};

/* By number, one more than it is. What arm64 does not have lies where no number leads. */
#define CALL_NUMBERS 512
#ifdef __TARGET_ARCH_arm64
static const __u8 call_numbers[CALL_NUMBERS + CALL_COUNT] = {
#define TSEM_CALL(name, x86, arm64) [(arm64) < 0 ? CALL_NUMBERS + CALL_##name : (arm64) + 1] = CALL_##name,
#else
static const __u8 call_numbers[CALL_NUMBERS] = {
#define TSEM_CALL(name, x86, arm64) [(x86) + 1] = CALL_##name,
#endif
	[0] = 0,
#include "../../abi/calls.def"
#undef TSEM_CALL
};

#define IO_URING_ENTER 426 /* on both */
#define PF_IO_WORKER 0x10
#define PF_USER_WORKER 0x4000
#define PF_KTHREAD 0x200000

/* Threads of the kernel came with no call. */
INLINE __u32 call_now(void)
{
	struct task_struct *object = bpf_get_current_task_btf(), *task = READ_ONLY(struct task_struct, object);
	const void *registers = (void *)bpf_task_pt_regs(object);
	__u32 number;

	if (task->flags & PF_IO_WORKER)
		return CALL_uring;
	if (task->flags & (PF_KTHREAD | PF_USER_WORKER))
		return CALL_none;
#ifdef __TARGET_ARCH_arm64
	number = BPF_CORE_READ((const struct pt_regs___call *)registers, syscallno) + 1;
#else
	number = BPF_CORE_READ((const struct pt_regs___x86 *)registers, orig_ax) + 1;
#endif
	if (call_compat(number))
		return CALL_compat;
	if (number == IO_URING_ENTER + 1)
		return CALL_uring;
	return number < CALL_NUMBERS ? call_numbers[number] : CALL_none;
}

/* Arguments of a system call, by the registers that it came with: a copy, which no other thread can change. */
#ifdef __TARGET_ARCH_arm64
#define FIRST_ARGUMENT(registers) BPF_CORE_READ((const struct pt_regs___call *)(registers), regs[0])
#define SECOND_ARGUMENT(registers) BPF_CORE_READ((const struct pt_regs___call *)(registers), regs[1])
#else
#define FIRST_ARGUMENT(registers) BPF_CORE_READ((const struct pt_regs___x86 *)(registers), di)
#define SECOND_ARGUMENT(registers) BPF_CORE_READ((const struct pt_regs___x86 *)(registers), si)
#endif

INLINE void cell_call(struct tsem_event *e, __u32 call)
{
	cell_string(e, call_names[call < CALL_COUNT ? call : 0], CALL_NAME_MAX);
}

#endif
