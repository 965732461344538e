/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* File systems that a program serves. */
#ifndef TSEM_BPF_SERVED_H
#define TSEM_BPF_SERVED_H

#include "kernel.h"

/* Whether a program of this machine serves it. Not so virtiofs: another machine, which is below this one. */
INLINE bool served(const struct super_block *sb)
{
	char type[4] = {};

	if (sb->s_magic != FUSE_SUPER_MAGIC)
		return 0;
	bpf_probe_read_kernel(type, sizeof(type), BPF_CORE_READ(sb, s_type, name));
	return type[0] == 'f' && type[1] == 'u' && type[2] == 's' && type[3] == 'e';
}

/*
 * Whether it is not root who has mounted it: who root has mounted is trusted as root is. Who is root in a user namespace
 * that he has made himself is not. unknown: where the module's types are not.
 */
INLINE bool served_by_user(const struct super_block *sb, bool unknown)
{
	const struct fuse_mount *mount = sb->s_fs_info;

	if (!served(sb))
		return 0;
	if (BPF_CORE_READ(sb, s_user_ns, level))
		return 1;
	return bpf_core_field_exists(mount->fc) ? BPF_CORE_READ(mount, fc, user_id.val) : unknown;
}

#endif
