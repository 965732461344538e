/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many tasks run which executable: exact under fork, exec, threads and hard links. Each task is counted once, for
 * the file that is in its note, which changes only by exchange; whoever changes it counts up the new one and down the
 * old one. A count of zero stays, until the inode goes: then its address is somebody else's.
 */
#include <tsem/detect/running.bpf.h>
#include <tsem/detect.bpf.h>

TSEM_DETECTION(base_running, "T0000", "part of tsem: which executables are in use");

#define ENDED 1 /* no address: the task is not counted any more */

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} tsem_running_of SEC(".maps");

INLINE void count_up(__u64 inode)
{
	__s64 *tasks = bpf_map_lookup_elem(&tsem_running, &inode), one = 1;
	struct tsem_detect_state *state;

	if (!tasks && !bpf_map_update_elem(&tsem_running, &inode, &one, BPF_NOEXIST))
		return;
	if (!tasks)
		tasks = bpf_map_lookup_elem(&tsem_running, &inode);
	state = detect_state();
	if (tasks)
		__sync_fetch_and_add(tasks, 1);
	else if (state)
		__sync_fetch_and_add(&state->missed, 1);
}

INLINE void count_down(__u64 inode)
{
	__s64 *tasks = inode > ENDED ? bpf_map_lookup_elem(&tsem_running, &inode) : 0;

	if (tasks)
		__sync_fetch_and_add(tasks, -1);
}

INLINE __u64 *note_of(struct task_struct *task)
{
	return bpf_task_storage_get(&tsem_running_of, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* A task that nobody has noted. Threads of the kernel have no executable. */
INLINE void note_first(struct task_struct *task)
{
	__u64 inode = tsem_address(executable_of(task)), *note;

	if (!inode)
		return;
	note = note_of(task);
	if (!note)
		return;
	count_up(inode);
	if (__sync_val_compare_and_swap(note, 0, inode))
		count_down(inode); /* it has been executed or has ended meanwhile */
}

INLINE void note_change(struct task_struct *task, __u64 inode)
{
	__u64 *note = note_of(task);

	if (!note)
		return;
	if (inode != ENDED)
		count_up(inode);
	count_down(__sync_lock_test_and_set(note, inode));
}

SEC("tp_btf/task_newtask")
int BPF_PROG(running_born, struct task_struct *task, unsigned long clone_flags)
{
	note_first(task);
	return 0;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(running_executed, struct linux_binprm *bprm)
{
	__u64 inode = tsem_address(executable_of(bpf_get_current_task_btf()));

	if (inode)
		note_change(bpf_get_current_task_btf(), inode);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(running_ended, struct task_struct *task)
{
	note_change(task, ENDED);
	return 0;
}

SEC("lsm/inode_free_security")
int BPF_PROG(running_freed, struct inode *inode)
{
	__u64 key;

	if ((READ_ONLY(struct inode, inode)->i_mode & S_IFMT) != S_IFREG)
		return 0;
	key = tsem_address(inode);
	bpf_map_delete_elem(&tsem_running, &key);
	return 0;
}

struct bpf_iter_meta;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

/* Those that were there before. */
SEC("iter/task")
int running_there(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && !(task->flags & PF_EXITING))
		note_first(task);
	return 0;
}
