/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/text.bpf.h>

TSEM_DETECTION(
	kernel_config, "T1547",
	"a setting that makes the kernel start programs or act on keys is opened for writing: core_pattern, modprobe, sysrq or sysrq-trigger");

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file)
{
	struct tsem_name name;

	if (!(file->f_mode & FMODE_WRITE) || file->f_inode->i_sb->s_magic != PROC_SUPER_MAGIC)
		return 0;
	tsem_name_of(file->f_path.dentry, &name);
	if (tsem_equals(name.text, "core_pattern") || tsem_equals(name.text, "modprobe") ||
	    tsem_equals(name.text, "sysrq") || tsem_equals(name.text, "sysrq-trigger"))
		return tsem_signal(file);
	return 0;
}
