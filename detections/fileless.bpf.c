/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/text.bpf.h>

TSEM_DETECTION(
	fileless, "T1620",
	"a program is executed that has no name, because it is in memory or deleted, or that is in /tmp, /var/tmp or /dev/shm");

INLINE bool is_place(const struct tsem_top *top)
{
	return tsem_equals(top->first.text, "tmp") ||
	       (tsem_equals(top->first.text, "var") && tsem_equals(top->second.text, "tmp")) ||
	       (tsem_equals(top->first.text, "dev") && tsem_equals(top->second.text, "shm"));
}

/* A part of a file system in memory, shown elsewhere: what it is part of may be any of the places. */
INLINE bool is_part_of_memory(const struct path *path)
{
	const struct dentry *root = BPF_CORE_READ(path, mnt, mnt_root);

	return BPF_CORE_READ(root, d_sb, s_magic) == TMPFS_MAGIC && BPF_CORE_READ(root, d_parent) != root;
}

/* By its path, and by that in its file system, whatever part of that is mounted where. */
INLINE bool is_anywhere(const struct path *path)
{
	struct tsem_top top;

	if (!tsem_top_of(path, &top) || is_place(&top) || is_part_of_memory(path))
		return 1;
	return !tsem_inner_top_of(path, &top) || is_place(&top);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct file *file = bprm->file;

	if (!file->f_inode->i_nlink)
		return tsem_signal(file, "it has no name");
	return is_anywhere(&file->f_path) ? tsem_signal(file) : 0;
}
