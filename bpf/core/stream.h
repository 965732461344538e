/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An open file together with the file behind it, as one number; see inherited.h. */
#ifndef TSEM_BPF_STREAM_H
#define TSEM_BPF_STREAM_H

#include "kernel.h"

/* An odd number, so that no bit is lost. */
#define STREAM_SPREAD 0x9e3779b97f4a7c15ull

INLINE __u64 stream_of(const struct file *open)
{
	const struct file *file = READ_ONLY(struct file, open);
	const struct inode *inode = file->f_inode;

	return (((__u64)inode->i_ino ^ (__u64)inode->i_generation << 32) * STREAM_SPREAD ^ address_of(inode)) *
		       STREAM_SPREAD ^
	       address_of(open);
}

#endif
