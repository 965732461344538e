/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Comparing names, and where a file lies. */
#ifndef TSEM_DETECT_TEXT_BPF_H
#define TSEM_DETECT_TEXT_BPF_H

#include "kernel.h"

/* text has at least as many bytes as the literal. */
#define tsem_begins(text, literal) text_begins(text, literal, sizeof(literal) - 1)
/* The same with its end. */
#define tsem_equals(text, literal) text_begins(text, literal, sizeof(literal))

INLINE bool text_begins(const char *text, const char *literal, __u32 size)
{
	for (__u32 i = 0; i < size; i++)
		if (text[i] != literal[i])
			return 0;
	return 1;
}

#define TSEM_NAME 32

struct tsem_name {
	char text[TSEM_NAME];
};

/* The name of an entry, cut where it is longer. */
INLINE void tsem_name_of(const struct dentry *entry, struct tsem_name *ret_name)
{
	__builtin_memset(ret_name, 0, sizeof(*ret_name));
	bpf_probe_read_kernel_str(ret_name->text, sizeof(ret_name->text), BPF_CORE_READ(entry, d_name.name));
}

/* ---- the first two names of a path, however deep it is ---- */

#define TSEM_DEPTH 1024

struct tsem_top {
	struct tsem_name first, second;
	__u64 dentry, mount;
	__u64 names[2]; /* entries: of the last step, and of the one before */
	__u32 whole; /* 1: the root was reached */
	__u32 zero;
};

static long top_step(__u32 turn, struct tsem_top *top)
{
	const struct dentry *dentry = READ_ONLY(struct dentry, (void *)top->dentry);
	const struct mount *mount = READ_ONLY(struct mount, (void *)top->mount);
	__u64 parent;

	if ((__u64)mount->mnt.mnt_root == top->dentry) {
		parent = (__u64)mount->mnt_parent;
		if (parent == top->mount) {
			top->whole = 1;
			return 1;
		}
		top->dentry = (__u64)mount->mnt_mountpoint;
		top->mount = parent;
		return 0;
	}
	top->names[1] = top->names[0];
	top->names[0] = top->dentry;
	top->dentry = (__u64)dentry->d_parent;
	return 0;
}

INLINE void top_names(struct tsem_top *top)
{
	if (top->names[0])
		tsem_name_of((const struct dentry *)top->names[0], &top->first);
	if (top->names[1])
		tsem_name_of((const struct dentry *)top->names[1], &top->second);
}

/*
 * Below the root of the task's mount namespace, whatever is mounted where. False: deeper than is looked at, or nowhere
 * below that root, as on a mount that is in no namespace.
 */
INLINE bool tsem_top_of(const struct path *path, struct tsem_top *ret_top)
{
	__u64 offset = bpf_core_field_offset(struct mount, mnt);
	struct task_struct *task = bpf_get_current_task_btf();

	__builtin_memset(ret_top, 0, sizeof(*ret_top));
	ret_top->dentry = (__u64)BPF_CORE_READ(path, dentry);
	ret_top->mount = (__u64)BPF_CORE_READ(path, mnt) - offset;
	bpf_loop(TSEM_DEPTH, top_step, ret_top, 0);
	top_names(ret_top);
	return ret_top->whole && ret_top->mount == (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns, root);
}

static long inner_step(__u32 turn, struct tsem_top *top)
{
	__u64 parent = (__u64)READ_ONLY(struct dentry, (void *)top->dentry)->d_parent;

	if (parent == top->dentry) {
		top->whole = 1;
		return 1;
	}
	top->names[1] = top->names[0];
	top->names[0] = top->dentry;
	top->dentry = parent;
	return 0;
}

/* Below the root of its file system, of which a mount may show only a part. False: deeper than is looked at. */
INLINE bool tsem_inner_top_of(const struct path *path, struct tsem_top *ret_top)
{
	__builtin_memset(ret_top, 0, sizeof(*ret_top));
	ret_top->dentry = (__u64)BPF_CORE_READ(path, dentry);
	bpf_loop(TSEM_DEPTH, inner_step, ret_top, 0);
	top_names(ret_top);
	return ret_top->whole;
}

#endif
