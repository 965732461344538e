/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of tasks: which namespace one is in, whether it acts for itself,
 * whether it is trusted, and who orchestrates or decides for it. Trust belongs to the process and to all that it
 * starts after a violation. It is decided here only: fork, exec, violations,
 * kill and freeze use these functions.
 */
#ifndef TSEM_BPF_TASK_H
#define TSEM_BPF_TASK_H

#include "export.h"
#include "kernel.h"
#include "maps.h"
#include "sequence.h"

/* task.bpf.c: puts the current task into the root namespace. */
int tsem_join(void);

/*
 * An overlay file system repeats each operation on the file systems below, with
 * credentials that were made for the mount: no task has them for its own, and
 * the overlay holds them as long as they are in tsem_overlays, so that nobody
 * else's can lie at that address. Who acts for himself has one and the same
 * credentials in both places, which is known without a search.
 */
INLINE bool task_overlaid_as(const struct task_struct *task)
{
	__u64 cred = (__u64)task->cred;

	return cred != (__u64)task->real_cred && bpf_map_lookup_elem(&tsem_overlays, &cred);
}

INLINE bool task_overlaid(void)
{
	return task_overlaid_as(bpf_get_current_task_btf());
}

/*
 * The state of a task in no namespace of its own. It joins the root namespace
 * while there is one. Without memory for that it stays outside, which loses the
 * event: the root namespace exports and refuses nothing.
 */
INLINE struct tsem_task *task_loose(struct tsem_task *t)
{
	if (!tsem_root.id || (t && t->flags & TSEM_TASK_OUTSIDE))
		return 0;
	if (!t || t->context != tsem_root.id)
		tsem_join();
	return bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
}

/* NULL for a task that has none. Most tasks outside have no storage of any program, which is known without a search. */
INLINE struct tsem_task *task_state(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (bpf_core_field_exists(task->bpf_storage) && !READ_ONLY(struct task_struct, task)->bpf_storage)
		return 0;
	return bpf_task_storage_get(&tsem_tasks, task, 0, 0);
}

/* Capabilities of a user namespace that somebody made for himself are none. */
INLINE bool task_controls(const struct task_struct *task)
{
	const struct cred *cred = READ_ONLY(struct task_struct, task)->cred;

	return cred->user_ns->level == 0 && cred->cap_effective.val & (1ULL << CAP_MAC_ADMIN);
}

/* The namespace that guards the task, 0 when none does. */
INLINE __u64 task_context(const struct tsem_task *t)
{
	return t && !(t->flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE)) ? t->context : 0;
}

/* The state of the current task if it is in a namespace, also while it acts for an overlay file system. */
INLINE struct tsem_task *task_inside(void)
{
	struct tsem_task *t = task_state();

	return task_context(t) ? t : 0;
}

/* The state of the current task if it is in a namespace, whoever it acts for; NULL inside a helper of ours. */
INLINE struct tsem_task *task_member(void)
{
	struct tsem_task *t = task_state();

	if (!t || t->flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE))
		t = task_loose(t);
	return t && !t->internal ? t : 0;
}

/* The same if it acts for itself. */
INLINE struct tsem_task *task_modeled(void)
{
	struct tsem_task *t = task_member();

	return t && !task_overlaid() ? t : 0;
}

/* The same where that is rarely asked: a few instructions more, and a tenth less to verify. */
INLINE struct tsem_task *task_modeled_rare(void)
{
	struct tsem_task *t = task_member();

	return t && !task_overlaid_as(READ_ONLY(struct task_struct, bpf_get_current_task_btf())) ? t : 0;
}

/* The same in a hook that may sleep. */
INLINE struct tsem_task *task_modeled_sleepable(void)
{
	struct tsem_task *t = task_modeled();

	if (t)
		export_wait(t);
	return t;
}

/* The task's namespace cannot be found: somebody took it away under a living task. That fails closed. */
INLINE int namespace_gone(const struct tsem_task *t)
{
	return t->flags & TSEM_TASK_LOOSE ? 0 : -EPERM;
}

/* Whichever namespace has the slot. */
INLINE struct tsem_namespace *task_namespace(const struct tsem_task *t)
{
	return of_slot(&tsem_namespaces, t->slot);
}

INLINE struct tsem_namespace *namespace_of(const struct tsem_task *t)
{
	return namespace_at(t->slot, t->context);
}

INLINE bool namespace_refuses(const struct tsem_namespace *ns)
{
	return ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG;
}

/* Whether what the model does not have is refused. */
INLINE bool task_refuses(const struct tsem_task *t)
{
	struct tsem_namespace *ns = task_namespace(t);

	return !ns ? namespace_gone(t) != 0 : namespace_refuses(ns);
}

INLINE bool task_all(const struct tsem_task *t)
{
	return t->options & TSEM_OPTION_ALL_EVENTS;
}

INLINE bool task_portable(const struct tsem_task *t)
{
	return t->options & TSEM_OPTION_PORTABLE;
}

INLINE void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

/* Counts why an event or an object could not be had. */
INLINE void namespace_failed(const struct tsem_task *t, __u32 failure)
{
	struct tsem_namespace *ns = task_namespace(t);

	if (ns)
		count(&ns->failures[failure]);
}

/*
 * What the whole process is, is in the state of its first thread. To be called in
 * a read section of RCU. create: 0 or BPF_LOCAL_STORAGE_GET_F_CREATE.
 */
INLINE struct tsem_task *leader_state(struct task_struct *task, __u64 create)
{
	struct task_struct *leader = task->group_leader;

	return leader ? bpf_task_storage_get(&tsem_tasks, leader, 0, create) : 0;
}

INLINE __u32 process_flags(struct task_struct *task)
{
	struct tsem_task *t;
	__u32 flags;

	bpf_rcu_read_lock();
	t = leader_state(task, 0);
	flags = t ? t->flags : 0;
	bpf_rcu_read_unlock();
	return flags;
}

/* What one thread did counts for the whole process. Sets more of the process's flags, and returns the flags before. */
INLINE __u32 leader_flags(__u32 set)
{
	struct tsem_task *t;
	__u32 flags = 0;

	bpf_rcu_read_lock();
	t = leader_state(bpf_get_current_task_btf(), 0);
	if (t && set)
		flags = __sync_fetch_and_or(&t->flags, set);
	else if (t)
		flags = t->flags;
	bpf_rcu_read_unlock();
	return flags;
}

/* Those of a task's flags that hold for its whole process. */
#define TASK_MARKS (TSEM_TASK_UNTRUSTED | TSEM_TASK_FROZEN)

/* Takes over what any thread of the process did. Returns the task's flags. */
INLINE __u32 task_share(struct tsem_task *t)
{
	__u32 marks = leader_flags(0) & TASK_MARKS;

	if (marks & ~t->flags)
		__sync_fetch_and_or(&t->flags, marks);
	return t->flags | marks;
}

INLINE bool task_untrusted(struct tsem_task *t)
{
	return task_share(t) & TSEM_TASK_UNTRUSTED;
}

/*
 * Of every thread, once for each mark: an exec makes the thread that calls it the
 * leader, and the old leader's state goes. A thread that is being made has it of
 * the leader: task_begins(). The walk goes from the first thread, not around.
 */
INLINE void process_mark(__u32 flags)
{
	struct task_struct *leader, *thread;
	struct bpf_iter_task all;
	struct tsem_task *t;

	if ((leader_flags(flags) & flags) == flags)
		return;
	leader = bpf_task_from_pid(bpf_get_current_task_btf()->tgid);
	if (!leader)
		return;
	bpf_rcu_read_lock();
	bpf_iter_task_new(&all, leader, BPF_TASK_ITER_PROC_THREADS);
	while ((thread = bpf_iter_task_next(&all))) {
		t = bpf_task_storage_get(&tsem_tasks, thread, 0, 0);
		if (t)
			__sync_fetch_and_or(&t->flags, flags);
	}
	bpf_iter_task_destroy(&all);
	bpf_rcu_read_unlock();
	bpf_task_release(leader);
}

/* The other threads see it by the count of marks. */
INLINE void task_mark(struct tsem_task *t, struct tsem_namespace *ns, __u32 flags)
{
	process_mark(flags);
	__sync_fetch_and_or(&t->flags, flags);
	ordered_add(&ns->marks, 1); /* whoever sees the count sees the flags */
}

/*
 * As task_untrusted, without looking at the leader where nobody was marked since. Where there is another model since, all
 * that was found in the one before hangs on the number for who the task is: it gets another one.
 */
INLINE bool task_trusted(struct tsem_task *t, const struct tsem_namespace *ns)
{
	__u64 marks = *(const volatile __u64 *)&ns->marks;

	if (t->flags & TSEM_TASK_UNTRUSTED)
		return 0;
	if (t->marks == marks + 1)
		return 1;
	read_barrier(); /* who has counted it has set the flag before */
	if (task_untrusted(t))
		return 0;
	t->who = 0;
	t->marks = marks + 1;
	return 1;
}

/*
 * What a violation does to its task, beyond the event. Sent by the kernel, so
 * no one is asked. Where the event itself is not refused it is still the last:
 * the signal is there before the task returns from it.
 */
INLINE void task_punish(struct tsem_task *t, struct tsem_namespace *ns)
{
	__u32 action = ns->action, marks;

	if (action == TSEM_ACTION_DENY || action == TSEM_ACTION_LOG)
		return;
	marks = TSEM_TASK_UNTRUSTED | (action == TSEM_ACTION_FREEZE ? TSEM_TASK_FROZEN : 0);
	action = unknown(action, ns->id);
	task_mark(t, ns, unknown(marks, ns->id));
	if (action == TSEM_ACTION_KILL)
		bpf_send_signal(SIGKILL);
	else if (action == TSEM_ACTION_FREEZE)
		bpf_send_signal(SIGSTOP);
}

INLINE struct tsem_external *external_of(const struct tsem_task *t)
{
	struct tsem_external *external = of_slot(&tsem_externals, t->slot);

	return external && external->context == t->context ? external : 0;
}

/* For fork: nobody is born in a namespace that was stopped. */
INLINE bool external_stopped(const struct tsem_task *t)
{
	struct tsem_external *external = external_of(t);

	return !external || external->stopped;
}

/*
 * Whether the target is beyond the reach of a task that is inside: a task of
 * another namespace, or a process that orchestrates one or answers for it. For
 * every hook by which one task acts on another.
 */
INLINE bool task_guarded(struct task_struct *target, const struct tsem_task *t)
{
	__u64 own = task_context(t), theirs;

	if (!own)
		return 0;
	theirs = task_context(bpf_task_storage_get(&tsem_tasks, target, 0, 0));
	return theirs ? theirs != own : process_flags(target) & TSEM_TASK_GUARDED;
}

#endif
