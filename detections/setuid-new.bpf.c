/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/text.bpf.h>

TSEM_DETECTION(setuid_new, "T1548.001", "a file gets the setuid bit, the setgid bit with execution, or capabilities");

#define S_ISUID 04000
#define S_ISGID 02000
#define S_IXGRP 00010

/* Whose rights a program gets: the owner's, the group's. */
INLINE umode_t grants(umode_t mode)
{
	return (mode & S_ISUID) | ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ? S_ISGID : 0);
}

SEC("lsm/path_chmod")
int BPF_PROG(on_chmod, const struct path *path, umode_t mode)
{
	umode_t old = path->dentry->d_inode->i_mode;

	return (old & S_IFMT) == S_IFREG && grants(mode) & ~grants(old) ? tsem_signal(path) : 0;
}

SEC("lsm/path_mknod")
int BPF_PROG(on_create, const struct path *dir, struct dentry *entry, umode_t mode)
{
	umode_t kind = mode & S_IFMT;

	return (!kind || kind == S_IFREG) && grants(mode) ? tsem_signal(dir, entry) : 0;
}

/* What was made without a name gets its first one: from then on others can execute it. */
SEC("lsm/path_link")
int BPF_PROG(on_name, struct dentry *old, const struct path *dir, struct dentry *entry)
{
	const struct inode *inode = old->d_inode;

	return !inode->i_nlink && (inode->i_mode & S_IFMT) == S_IFREG && grants(inode->i_mode) ?
		       tsem_signal(dir, entry) :
		       0;
}

SEC("lsm/inode_setxattr")
int BPF_PROG(on_attribute, struct mnt_idmap *idmap, struct dentry *entry, const char *name)
{
	char text[sizeof("security.capability")] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), name);
	return tsem_equals(text, "security.capability") ? tsem_signal(entry, "capabilities") : 0;
}
