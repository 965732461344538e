/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tasks that run already: looked at, and put into a namespace, one at a time, as the library asks for them (tsem bind
 * --now). A third object, which is loaded for as long as that takes. No hook calls it. The task is at rest, so that
 * nobody else writes its state.
 */
#include "../core/kernel.h"
#include "../core/maps.h"
#include "../core/stream.h"
#include "../../abi/running.h"

#define ESRCH 3
#define ENOMEM 12
#define EEXIST 17

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___execs {
	__u64 parent_exec_id;
	__u64 self_exec_id;
	int exit_state;
};

#pragma clang attribute pop

INLINE __u64 stream_at(struct file **files, __u32 place)
{
	struct file *file = 0;

	bpf_probe_read_kernel(&file, sizeof(file), files + place);
	return file ? stream_of(file) : 0;
}

INLINE void streams_look(struct tsem_running_task *r, struct task_struct *task)
{
	struct file **files;

	bpf_rcu_read_lock();
	files = BPF_CORE_READ(task, files, fdt, fd);
	for (__u32 i = 0; i < TSEM_STREAMS; i++)
		r->streams[i] = stream_at(files, i);
	bpf_rcu_read_unlock();
}

INLINE int task_look(struct tsem_running_task *r, struct task_struct *task)
{
	const struct task_struct___execs *execs = (const void *)task;
	const struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	r->tgid = BPF_CORE_READ(task, tgid);
	r->began = BPF_CORE_READ(task, start_boottime);
	r->parent = BPF_CORE_READ(task, real_parent, tgid);
	r->flags = BPF_CORE_READ(task, flags);
	r->execs = BPF_CORE_READ(execs, self_exec_id);
	r->parent_execs = BPF_CORE_READ(execs, parent_exec_id);
	streams_look(r, task);
	if (t)
		__builtin_memcpy(&r->task, t, sizeof(*t));
	else
		__builtin_memset(&r->task, 0, sizeof(r->task));
	return 0;
}

/* What it has for its own use stays: it may run a script, and has that noted if it was seen to begin. */
INLINE void state_fill(struct tsem_task *t, const struct tsem_running_task *r)
{
	t->slot = r->task.slot;
	t->options = r->task.options;
	t->ttd = r->task.ttd;
	t->p_ttd = r->task.p_ttd;
	t->who = 0;
	t->marks = 0;
	t->capable_who = 0;
	t->home = r->task.home;
	__builtin_memcpy(t->task_id, r->task.task_id, sizeof(t->task_id));
	__builtin_memcpy(t->ptask_id, r->task.ptask_id, sizeof(t->ptask_id));
	__builtin_memcpy(t->streams, r->task.streams, sizeof(t->streams));
	t->flags = 0;
	t->context = r->context;
}

/* Nothing of it is left but that it waits for the others of its process, or for its parent. */
INLINE bool task_ended(struct task_struct *task)
{
	return BPF_CORE_READ((const struct task_struct___execs *)task, exit_state);
}

/* Whether the task may join as it is asked: the very one that was looked at. */
INLINE bool task_may(const struct tsem_running_task *r, struct task_struct *task)
{
	__u32 flags = BPF_CORE_READ(task, flags);

	if (flags & TSEM_RUNNING_KERNEL || BPF_CORE_READ(task, start_boottime) != r->began)
		return 0;
	return r->what == TSEM_RUNNING_STAND ? task_ended(task) : !(flags & TSEM_RUNNING_EXITING);
}

/* What the whole process is, is in the state of its first thread, also when that has ended. */
INLINE int task_join(struct tsem_running_task *r, struct task_struct *task)
{
	struct tsem_namespace *ns = namespace_at(r->task.slot, r->context);
	struct tsem_task *t;

	if (!ns)
		return -ENOENT;
	if (!task_may(r, task))
		return -ESRCH;
	t = bpf_task_storage_get(&tsem_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t)
		return -ENOMEM;
	if (t->flags & (TSEM_TASK_OUTSIDE | TSEM_TASK_OURS) || (t->context && !(t->flags & TSEM_TASK_LOOSE)))
		return -EEXIST;
	if (r->what != TSEM_RUNNING_STAND)
		__sync_fetch_and_add(&ns->tasks, 1);
	state_fill(t, r);
	return 0;
}

INLINE int task_leave(struct tsem_running_task *r, struct task_struct *task)
{
	struct tsem_namespace *ns = namespace_at(r->task.slot, r->context);
	const struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	if (!t || t->context != r->context)
		return -ENOENT;
	bpf_task_storage_delete(&tsem_tasks, task);
	if (ns && !task_ended(task))
		__sync_fetch_and_add(&ns->tasks, -1);
	return 0;
}

/* In the library's memory, too: the program can be called with a context, but not with a place in one. */
struct tsem_running_task asked;

SEC("syscall")
int running_task(void *unused)
{
	struct tsem_running_task *r = &asked;
	struct task_struct *task = bpf_task_from_pid(r->tid);

	if (!task) {
		r->result = -ESRCH;
		return 0;
	}
	if (r->what == TSEM_RUNNING_JOIN || r->what == TSEM_RUNNING_STAND)
		r->result = task_join(r, task);
	else if (r->what == TSEM_RUNNING_LEAVE)
		r->result = task_leave(r, task);
	else
		r->result = task_look(r, task);
	bpf_task_release(task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
