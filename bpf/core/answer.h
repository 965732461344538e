/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a task waits for a process that decides: it reads an attribute of the
 * executable of that process, on a file system that serves the answer.
 */
#ifndef TSEM_BPF_ANSWER_H
#define TSEM_BPF_ANSWER_H

#include "kernel.h"

/*
 * Sleeps until there is an answer of the process with this number, whose executable is on this device, or it is gone.
 * The number of bytes in the answer, or negative.
 */
INLINE int answer_read(__s32 process, __u64 device, void *answer, __u32 size)
{
	struct task_struct *task = bpf_task_from_pid(process);
	struct bpf_dynptr bytes;
	struct file *file;
	int r = -1;

	if (!task)
		return r;
	file = bpf_get_task_exe_file(task);
	bpf_task_release(task);
	if (!file)
		return r;
	/* Another process with that number: nobody is asked who is not ours. */
	if (READ_ONLY(struct file, file)->f_inode->i_sb->s_dev == device) {
		bpf_dynptr_from_mem(answer, size, 0, &bytes);
		r = bpf_get_file_xattr(file, "user.tsem", &bytes);
	}
	bpf_put_file(file);
	return r;
}

INLINE bool key_equal(const __u8 *a, const __u8 *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

#endif
