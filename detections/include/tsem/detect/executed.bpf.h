/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process has executed, which it cannot change as it can what the kernel calls its executable (PR_SET_MM): include
 * this before <tsem/detect.bpf.h>. Noted from when the detection is attached on; what was executed before that is not known.
 */
#ifndef TSEM_DETECT_EXECUTED_BPF_H
#define TSEM_DETECT_EXECUTED_BPF_H

#include "executed.h"
#include "kernel.h"

INLINE bool tsem_has_executed(const struct tsem_executed *executed, const struct inode *inode)
{
	struct tsem_executed numbers = executed_of(inode);

	return executed && executed_same(executed, &numbers);
}

INLINE bool tsem_executed_by_self(const struct inode *inode)
{
	return tsem_has_executed(bpf_task_storage_get(&tsem_executed, bpf_get_current_task_btf(), 0, 0), inode);
}

INLINE bool tsem_executed_by_parent(const struct inode *inode)
{
	struct task_struct *parent;
	bool found = 0;

	bpf_rcu_read_lock();
	parent = bpf_get_current_task_btf()->real_parent;
	if (parent)
		found = tsem_has_executed(bpf_task_storage_get(&tsem_executed, parent, 0, 0), inode);
	bpf_rcu_read_unlock();
	return found;
}

/* These are no calls of the detection, and not counted as such. */
SEC("lsm/bprm_committed_creds")
int tsem_executes(unsigned long long *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_executed *executed = bpf_task_storage_get(&tsem_executed, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (executed)
		*executed = executed_of(READ_ONLY(struct task_struct, task)->mm->exe_file->f_inode);
	return 0;
}

SEC("tp_btf/task_newtask")
int tsem_born(unsigned long long *ctx)
{
	struct tsem_executed *child, *own = bpf_task_storage_get(&tsem_executed, bpf_get_current_task_btf(), 0, 0);

	child = own ? bpf_task_storage_get(&tsem_executed, (struct task_struct *)ctx[0], 0,
					   BPF_LOCAL_STORAGE_GET_F_CREATE) :
		      0;
	if (child && own)
		*child = *own;
	return 0;
}

#endif
