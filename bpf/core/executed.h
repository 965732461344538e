/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file that a task, or who made it, has executed last, as far as it was seen. What the kernel calls the executable of
 * a process, the process itself may change (PR_SET_MM). Numbers, and which use of them it is: the file may be gone.
 */
#ifndef TSEM_BPF_EXECUTED_H
#define TSEM_BPF_EXECUTED_H

#include "kernel.h"

struct tsem_executed {
	__u64 device;
	__u64 inode; /* 0: not seen */
	__u64 generation; /* of the number */
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_executed);
} tsem_executed SEC(".maps");

/* NULL: zeros. */
INLINE struct tsem_executed executed_of(const struct inode *object)
{
	const struct inode *inode = READ_ONLY(struct inode, object);

	return (struct tsem_executed){.device = inode->i_sb->s_dev,
				      .inode = inode->i_ino,
				      .generation = inode->i_generation};
}

INLINE bool executed_same(const struct tsem_executed *a, const struct tsem_executed *b)
{
	return a->inode == b->inode && a->device == b->device && a->generation == b->generation;
}

#endif
