/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that a program makes up for what was not there before, in directories
 * where everybody may make names: they are left out, by the normaliser
 * `temporary`. What is made so is known by its directory and who makes it, as
 * it is ever after. The kernel fails if the name is taken, so that nothing that
 * was there is touched, and follows no link.
 */
#ifndef TSEM_BPF_NAMELESS_H
#define TSEM_BPF_NAMELESS_H

#include "kernel.h"
#include "process_path.h"

/*
 * mknod(2) makes what was not there, or fails; so does open(2) with O_EXCL, of
 * which the walk knows. A kernel that has these flags elsewhere never has all
 * three of them: then the name counts.
 */
INLINE bool creation_exclusive(void)
{
	struct nameidata *name = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;

	return !name || (READ_ONLY(struct nameidata, name)->flags & LOOKUP_EXCLUSIVE) == LOOKUP_EXCLUSIVE;
}

#define RUNTIME_PREFIX "/run/user/"
#define RUNTIME_SIZE (sizeof(RUNTIME_PREFIX) - 1)

/* The path at the tail is the runtime directory of the user that the task acts as, and nobody else's. */
INLINE bool directory_runtime(struct tsem_event *e, const struct inode *dir, __u32 length)
{
	__u32 uid = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->cred->fsuid.val, number;

	if ((dir->i_mode & S_IALL) != 0700 || dir->i_uid.val != uid || length <= RUNTIME_SIZE)
		return 0;
	if (!path_has(e, 0, RUNTIME_PREFIX, RUNTIME_SIZE))
		return 0;
	number = path_number(e, RUNTIME_SIZE, length);
	return RUNTIME_SIZE + (number & 15) == length && number >> 4 == (uid & 0x0fffffff);
}

/* Whether names that are made in the directory, whose path is at the tail, are left out. */
INLINE bool directory_common(struct tsem_event *e, const struct dentry *dentry, __u32 length)
{
	const struct inode *dir = READ_ONLY(struct inode, READ_ONLY(struct dentry, dentry)->d_inode);

	if (!(e->options & TSEM_NORMALISE_temporary))
		return 0;
	return (dir->i_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) || directory_runtime(e, dir, length);
}

/* Until its name is described: creating_nameless of a socket, which is always new. */
#define CREATING_SOCKET 2

/*
 * A socket below a directory without a name, which is e->below: as it was typed,
 * it has no name there either (typed_normalise), and nobody reads what it is called.
 */
INLINE bool socket_below(const struct tsem_event *e, const struct tsem_task *maker)
{
	return maker->creating_nameless == CREATING_SOCKET && e->below;
}

/*
 * A directory that was made so has no name in the paths of what is below it
 * either: as a rule of names would write it, two slashes. e->below says how many
 * bytes from the end of the path its name begins, and e->nameless_size how long
 * it is. Returns where, if it is there as a component of its own, or 0.
 */
INLINE __u32 nameless_offset(struct tsem_event *e, __u32 length)
{
	__u32 offset = length - e->below, end = offset + e->nameless_size;

	if (!e->below || e->below >= length || offset > PATH_NEAR || *path_at(e, offset - 1) != '/')
		return 0;
	return end == length || *path_at(e, end) == '/' ? offset : 0;
}

#endif
