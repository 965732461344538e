/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose executable a file is. Hard links are one file. */
#ifndef TSEM_DETECT_PROCESS_BPF_H
#define TSEM_DETECT_PROCESS_BPF_H

#include "shared.bpf.h"

#define TSEM_SELF 1 /* include <tsem/detect/executed.bpf.h> first: otherwise the process can make it another one */
#define TSEM_PARENT 2
#define TSEM_RUNNING 4 /* of any process: include <tsem/detect/running.bpf.h> first */

INLINE struct inode *executable_of(struct task_struct *task)
{
	return READ_ONLY(struct task_struct, task)->mm->exe_file->f_inode;
}

#ifdef TSEM_DETECT_RUNNING_BPF_H
#define EXECUTABLE_RUNS(inode) executable_runs(inode)
#else
#define EXECUTABLE_RUNS(inode) 0
#endif

#ifdef TSEM_DETECT_EXECUTED_BPF_H
#define EXECUTED_BY_SELF(inode) tsem_executed_by_self(inode)
#define EXECUTED_BY_PARENT(inode) tsem_executed_by_parent(inode)
#else
#define EXECUTED_BY_SELF(inode) 0
#define EXECUTED_BY_PARENT(inode) 0
#endif

INLINE bool tsem_is_executable_of(struct dentry *entry, __u32 whose)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct inode *inode = READ_ONLY(struct dentry, entry)->d_inode;

	if (!inode)
		return 0;
	if (whose & TSEM_SELF && (executable_of(task) == inode || EXECUTED_BY_SELF(inode)))
		return 1;
	if (whose & TSEM_PARENT &&
	    (executable_of(READ_ONLY(struct task_struct, task)->real_parent) == inode || EXECUTED_BY_PARENT(inode)))
		return 1;
	return whose & TSEM_RUNNING && EXECUTABLE_RUNS(inode);
}

#endif
