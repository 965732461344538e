/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/text.bpf.h>

TSEM_DETECTION(reverse_shell, "T1059.004", "a shell starts with standard input and output on an IPv4 or IPv6 socket",
	       .ends = 1);

INLINE bool is_network(int fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file **files = BPF_CORE_READ(task, files, fdt, fd), *file = 0;
	const struct socket *socket;
	__u16 family;

	if (BPF_CORE_READ(task, files, fdt, max_fds) < 3)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	family = BPF_CORE_READ(socket, sk, __sk_common.skc_family);
	return family == AF_INET || family == AF_INET6;
}

INLINE bool is_shell(const struct file *file)
{
	struct tsem_name name;

	tsem_name_of(file->f_path.dentry, &name);
	return tsem_equals(name.text, "sh") || tsem_equals(name.text, "bash") || tsem_equals(name.text, "dash") ||
	       tsem_equals(name.text, "zsh") || tsem_equals(name.text, "ksh") || tsem_equals(name.text, "ash") ||
	       tsem_equals(name.text, "fish") || tsem_equals(name.text, "busybox");
}

/* From here on the table of descriptors is the new program's own: nobody exchanges what was looked at. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct file *file = bprm->file;

	return is_shell(file) && is_network(0) && (is_network(1) || is_network(2)) ? tsem_signal(file) : 0;
}
