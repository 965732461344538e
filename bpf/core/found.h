/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a call has found by its name. Somebody else may take the name away a
 * moment later, before it is described: whoever replaces a file does. It is
 * described by the name that it was found by, as if that had come first.
 */
#ifndef TSEM_BPF_FOUND_H
#define TSEM_BPF_FOUND_H

#include "kernel.h"
#include "../../abi/namespace.h"

/* The entry that this call has found by its name, whatever has become of the name since. 0: it was come to otherwise. */
INLINE __u64 opened_by_name(const struct file *file)
{
	const struct dentry *dentry = READ_ONLY(struct dentry, file->f_path.dentry);
	const struct nameidata *name = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;

	if (!name)
		return 0;
	name = READ_ONLY(struct nameidata, name);
	return name->last.hash_len == dentry->d_name.hash_len ? address_of(dentry) : 0;
}

/* The same of what an exec has opened. */
INLINE __u64 executed_by_name(const struct tsem_task *t, const struct file *file)
{
	__u64 dentry = address_of(file->f_path.dentry);

	return t->executes[0] == dentry || t->executes[1] == dentry ? dentry : 0;
}

INLINE void execution_note(struct tsem_task *t, const struct file *file)
{
	t->executes[1] = t->executes[0];
	t->executes[0] = opened_by_name(file);
}

/* The same of what the kernel maps for an exec. */
INLINE __u64 mapped_by_name(const struct tsem_task *t, const struct file *file)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());

	return file && BPF_CORE_READ_BITFIELD(task, in_execve) ? executed_by_name(t, file) : 0;
}

#endif
