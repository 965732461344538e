/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/call.bpf.h>
#include <tsem/detect/text.bpf.h>

TSEM_DETECTION(
	proc_mem, "T1055.009",
	"a process opens /proc/PID/mem of another one for writing, or writes by process_vm_writev(2); for its own memory, the detection only logs");

struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
} __attribute__((preserve_access_index));

INLINE __u32 number_of(const struct inode *inode)
{
	const struct proc_inode *proc = (const void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);

	return BPF_CORE_READ(proc, pid, numbers[0].nr);
}

INLINE bool is_memory(const struct file *file)
{
	const struct dentry *entry = file->f_path.dentry;
	struct tsem_name name;

	if (entry->d_name.len != 3 || file->f_inode->i_sb->s_magic != PROC_SUPER_MAGIC)
		return 0;
	tsem_name_of(entry, &name);
	return tsem_equals(name.text, "mem");
}

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file *file)
{
	struct task_struct *task;
	int verdict;

	if (!(file->f_mode & FMODE_WRITE) || !is_memory(file))
		return 0;
	task = bpf_task_from_pid(number_of(file->f_inode));
	if (!task)
		return 0; /* it has ended */
	if (task->tgid == bpf_get_current_task_btf()->tgid)
		verdict = tsem_log(file);
	else
		verdict = tsem_signal(file, task);
	bpf_task_release(task);
	return verdict;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(on_write, struct task_struct *child, unsigned int mode)
{
	if (!(mode & PTRACE_MODE_ATTACH) || !TSEM_IN_CALL(311, 271))
		return 0;
	return tsem_signal(child, "process_vm_writev");
}
