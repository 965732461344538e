/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files created inside a namespace: each gets its creator and the number of its
 * kind, counted per directory, namespace and creator.
 */
#ifndef TSEM_BPF_CREATED_H
#define TSEM_BPF_CREATED_H

#include "kernel.h"
#include "maps.h"

/* 0 when there is no memory for one more directory. A function of its own, so that the key is not on the hook's stack. */
__attribute__((noinline)) int instance_next(const struct tsem_task *t, __u64 device, __u64 inode)
{
	struct tsem_directory key = {.device = device, .inode = inode};
	__u64 zero = 0, *instance;
	void *directories;

	if (!t)
		return 0;
	directories = of_slot(&tsem_directories, t->slot);
	if (!directories)
		return 0;
	tsem_digest_copy(key.owner, t->task_id);
	instance = bpf_map_lookup_elem(directories, &key);
	if (!instance) {
		bpf_map_update_elem(directories, &key, &zero, BPF_NOEXIST);
		instance = bpf_map_lookup_elem(directories, &key);
	}
	return instance ? __sync_fetch_and_add(instance, 1) + 1 : 0;
}

/* Marks the inode as created by the current task. 0 or -1. */
INLINE int created_mark(const struct tsem_task *t, const struct dentry *dentry, struct inode *inode)
{
	struct tsem_created *tag = bpf_inode_storage_get(&tsem_created, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	const struct inode *parent = READ_ONLY(struct dentry, dentry)->d_parent->d_inode;

	if (!tag)
		return -1;
	if (tag->context == t->context)
		return 0;
	tag->instance =
		TSEM_OPTIONS_NUMBER(t->options) ? (__u32)instance_next(t, parent->i_sb->s_dev, parent->i_ino) : 1;
	tag->nameless = t->creating_nameless == 1 && (inode->i_mode & S_IFMT) == S_IFDIR;
	tsem_digest_copy(tag->owner, t->task_id);
	tag->context = tag->instance ? t->context : 0;
	return tag->instance ? 0 : -1;
}

#endif
