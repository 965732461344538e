/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who is untrusted. A process in a namespace gets the mark that a violation gives there. A process outside joins a
 * namespace that was made for it, with an empty model, which refuses every event. In both it passes on to all that the
 * process starts, no exec takes it away, and it costs nobody else anything.
 */
#ifndef TSEM_DETECT_UNTRUST_BPF_H
#define TSEM_DETECT_UNTRUST_BPF_H

#include "shared.bpf.h"

#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000

/* One more task of the namespace, which is never without one: the library holds a place in it. */
INLINE bool untrusted_enter(struct tsem_namespace *ns, __u64 context)
{
	if (__sync_fetch_and_add(&ns->tasks, 1) > 0 && *(volatile __u64 *)&ns->id == context)
		return 1;
	__sync_fetch_and_add(&ns->tasks, -1);
	return 0;
}

/*
 * Joins, if the task is in no namespace. What the kernel side has noted of files that the task is about to map or runs
 * as scripts stays: it is counted elsewhere. The context comes last: until then it is outside.
 */
INLINE bool untrusted_join(struct task_struct *task, __u32 flags)
{
	struct tsem_detect_state *state = detect_state();
	struct tsem_namespace *ns;
	struct tsem_task *t;
	__u32 slot;

	if (!state || !state->untrusted)
		return 0;
	slot = state->untrusted_slot;
	ns = bpf_map_lookup_elem(&tsem_namespaces, &slot);
	if (!ns || ns->id != state->untrusted)
		return 0;
	t = bpf_task_storage_get(&tsem_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t || !untrusted_enter(ns, state->untrusted))
		return 0;
	t->slot = slot;
	t->options = ns->options;
	t->home = mounts_number(READ_ONLY(struct task_struct, task)->nsproxy->mnt_ns);
	t->who = 0;
	t->marks = 0;
	t->flags = (t->flags & TSEM_TASK_GUARDED) | flags;
	t->context = state->untrusted;
	__sync_fetch_and_add(&ns->marks, 1);
	return 1;
}

INLINE bool untrusted_mark(struct tsem_task *t, __u32 flags)
{
	__u32 slot = t->slot;
	struct tsem_namespace *ns = bpf_map_lookup_elem(&tsem_namespaces, &slot);

	__sync_fetch_and_or(&t->flags, flags);
	if (ns && ns->id == t->context)
		__sync_fetch_and_add(&ns->marks, 1);
	return 1;
}

INLINE bool untrusted_either(struct task_struct *task, __u32 flags)
{
	struct tsem_task *t = tsem_task_inside(task);

	if (t && (t->flags & flags) == flags)
		return 1;
	return t ? untrusted_mark(t, flags) : untrusted_join(task, flags);
}

/* Process 1, without which the machine ends; and threads of the kernel. */
INLINE bool untrusted_spares(const struct task_struct *task)
{
	return task->tgid == 1 || task->flags & PF_KTHREAD;
}

/*
 * Every thread of the current process, its first one before the others: a thread that is being made meanwhile is seen
 * here or sees it there (detections/base). Those that end do nothing any more. Whether the process is untrusted now.
 */
static __attribute__((noinline)) int untrust_process(__u32 flags)
{
	struct task_struct *leader, *thread, *self = bpf_get_current_task_btf();
	struct bpf_iter_task all;
	int done = 0;

	leader = bpf_task_from_pid(self->tgid);
	if (!leader)
		return 0;
	bpf_rcu_read_lock();
	untrusted_either(leader, flags);
	bpf_iter_task_new(&all, leader, BPF_TASK_ITER_PROC_THREADS);
	while ((thread = bpf_iter_task_next(&all)))
		if (!(thread->flags & PF_EXITING))
			done = untrusted_either(thread, flags);
	bpf_iter_task_destroy(&all);
	bpf_rcu_read_unlock();
	bpf_task_release(leader);
	return done;
}

#endif
