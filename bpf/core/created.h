/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files created inside a namespace: each gets its creator and the number of its
 * kind, counted per directory, namespace and creator.
 */
#ifndef TSEM_BPF_CREATED_H
#define TSEM_BPF_CREATED_H

#include "describe.h"

/* 0 when there is no memory for one more directory. */
INLINE __u64 instance_next(const struct tsem_task *t, const struct dentry *dentry)
{
	const struct dentry *parent = READ_ONLY(struct dentry, dentry)->d_parent;
	struct tsem_directory key = {};
	__u32 slot = t->slot;
	__u64 zero = 0, *instance;
	void *directories;

	directories = bpf_map_lookup_elem(&tsem_directories, &slot);
	if (!directories)
		return 0;
	key.device = parent->d_sb->s_dev;
	key.inode = parent->d_inode->i_ino;
	__builtin_memcpy(key.owner, t->task_id, TSEM_DIGEST_SIZE);
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

	if (!tag)
		return -1;
	tag->instance = instance_next(t, dentry);
	__builtin_memcpy(tag->owner, t->task_id, TSEM_DIGEST_SIZE);
	tag->context = tag->instance ? t->context : 0;
	return tag->instance ? 0 : -1;
}

#endif
