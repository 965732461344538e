/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Life of the tasks of a namespace, and events between tasks. */
#include "core/event.h"

#define CLONE_THREAD 0x00010000

/*
 * Every way to make a task passes here: fork, vfork, threads, io_uring workers.
 * Without memory for the child's state the fork is refused: a child outside the
 * namespace would be a way out.
 */
SEC("lsm/task_alloc")
int BPF_PROG(task_inherit, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_task *child;
	struct tsem_namespace *ns;

	if (!t)
		return 0;
	child = bpf_task_storage_get(&tsem_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!child) {
		ns = task_namespace(t);
		if (ns)
			__sync_fetch_and_add(&ns->failures[TSEM_FAILURE_storage], 1);
		return -EPERM;
	}
	child->context = t->context;
	child->slot = t->slot;
	child->flags = t->flags & TSEM_TASK_UNTRUSTED;
	child->ttd = t->ttd;
	__builtin_memcpy(child->task_id, t->task_id, TSEM_DIGEST_SIZE);
	if (clone_flags & CLONE_THREAD) {
		child->p_ttd = t->p_ttd;
		__builtin_memcpy(child->ptask_id, t->ptask_id, TSEM_DIGEST_SIZE);
	} else {
		child->p_ttd = t->ttd;
		__builtin_memcpy(child->ptask_id, t->task_id, TSEM_DIGEST_SIZE);
	}
	return 0;
}

/* A namespace dies with its last task. Counted where a new task is certain to live and die. */
SEC("tp_btf/task_newtask")
int BPF_PROG(task_begins, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	struct tsem_namespace *ns = t ? task_namespace(t) : 0;

	if (ns)
		__sync_fetch_and_add(&ns->tasks, 1);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_ends, struct task_struct *task)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	struct tsem_namespace *ns = t ? task_namespace(t) : 0;

	if (ns && ns->id == t->context)
		__sync_fetch_and_add(&ns->tasks, -1);
	return 0;
}

INLINE bool task_controls(const struct task_struct *task)
{
	return task->cred->cap_effective.val & (1ULL << CAP_MAC_ADMIN);
}

/*
 * A signal into another namespace is refused unless the sender may control it:
 * from outside with CAP_MAC_ADMIN, from inside never. To the world outside the
 * namespace it is an event like any other, with cross_ns 1.
 */
SEC("lsm/task_kill")
int BPF_PROG(task_kill, struct task_struct *p, struct kernel_siginfo *info, int sig, const struct cred *cred)
{
	struct tsem_task *t = task_modeled();
	struct tsem_task *target = bpf_task_storage_get(&tsem_tasks, p, 0, 0);
	struct tsem_event *e;

	if (sig == SIGURG || (!t && !target))
		return 0;
	if (!t)
		return task_controls(bpf_get_current_task_btf()) ? 0 : -EPERM;
	if (target && target->context != t->context)
		return -EPERM;
	e = event_begin(t, TSEM_EVENT_task_kill);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_task_kill));
	if (target)
		cell_bytes(e, target->task_id, TSEM_DIGEST_SIZE);
	else
		cell_zeros(e, TSEM_DIGEST_SIZE);
	cell_u32(e, sig);
	cell_u32(e, !target);
	return VERDICT(event_end(e, t));
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	struct tsem_task *t = task_modeled();
	struct tsem_task *target;
	struct tsem_event *e;

	if (!t)
		return 0;
	target = bpf_task_storage_get(&tsem_tasks, child, 0, 0);
	e = event_begin(t, TSEM_EVENT_ptrace_access_check);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_ptrace_access_check));
	if (target && target->context == t->context)
		cell_bytes(e, target->task_id, TSEM_DIGEST_SIZE);
	else
		cell_zeros(e, TSEM_DIGEST_SIZE); /* outside the namespace */
	cell_u32(e, mode);
	return VERDICT(event_end(e, t));
}

SEC("lsm.s/capset")
int BPF_PROG(capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective,
	     const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
{
	struct tsem_task *t = task_modeled();
	struct tsem_event *e;

	if (!t)
		return 0;
	e = event_begin(t, TSEM_EVENT_capset);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_capset));
	cell_u64(e, BPF_CORE_READ(effective, val));
	cell_u64(e, BPF_CORE_READ(inheritable, val));
	cell_u64(e, BPF_CORE_READ(permitted, val));
	return VERDICT(event_end(e, t));
}
