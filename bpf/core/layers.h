/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which file in a layer has the content of a file of an overlay file system. */
#ifndef TSEM_BPF_LAYERS_H
#define TSEM_BPF_LAYERS_H

#include "kernel.h"

INLINE bool content_overlaid(const struct inode *inode)
{
	return inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC;
}

/* The overlay's own part of a file; NULL for files of others, and where the module's types are not known. */
INLINE const struct ovl_inode *content_overlay(const struct inode *object)
{
	const struct ovl_inode *overlay = (void *)object - bpf_core_field_offset(struct ovl_inode, vfs_inode);

	if (!content_overlaid(READ_ONLY(struct inode, object)) || !bpf_core_field_exists(overlay->__upperdentry))
		return 0;
	return overlay;
}

/* The file in the lowest layer that has one, where the data is. */
INLINE const struct inode *content_lower(const struct ovl_inode *overlay)
{
	const struct ovl_entry *entry = BPF_CORE_READ(overlay, oe);
	__u32 count = entry ? BPF_CORE_READ(entry, __numlower) : 0;
	const void *stack = (const void *)entry + bpf_core_field_offset(struct ovl_entry, __lowerstack);

	if (!count)
		return 0;
	stack += (__u64)(count - 1) * bpf_core_type_size(struct ovl_path);
	return BPF_CORE_READ((const struct ovl_path *)stack, dentry, d_inode);
}

/* Not so where the upper layer has the attributes only (metacopy), and the lower the data. */
INLINE bool content_copied(const struct ovl_inode *overlay, const struct inode *lower)
{
	__u64 bit;

	if (!bpf_core_enum_value_exists(enum ovl_inode_flag, OVL_UPPERDATA) || !lower)
		return 1;
	bit = bpf_core_enum_value(enum ovl_inode_flag, OVL_UPPERDATA);
	return BPF_CORE_READ(overlay, flags) >> bit & 1;
}

/* NULL: no layer that is written to has its content yet. */
INLINE const struct inode *content_upper(const struct ovl_inode *overlay, const struct inode *lower)
{
	const struct inode *upper = BPF_CORE_READ(overlay, __upperdentry, d_inode);

	return upper && content_copied(overlay, lower) ? upper : 0;
}

/* What an overlay file system has the content of a file in; elsewhere the file itself. */
INLINE const struct inode *content_under(const struct inode *object)
{
	const struct inode *lower, *under = 0, *inode = READ_ONLY(struct inode, object);
	const struct ovl_inode *overlay = content_overlay(object);

	if (overlay) {
		lower = content_lower(overlay);
		under = content_upper(overlay, lower) ?: lower;
	}
	return under ? READ_ONLY(struct inode, under) : inode;
}

/* The file that has the content in the end. The kernel stacks no more than two. */
static __attribute__((noinline)) const struct inode *content_real(const struct inode *object)
{
	return content_under(content_under(object));
}

#endif
