/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the hooks ask of a task, answered for agents: "is it modeled" is here "is
 * it in the scope of an agent". The state that they get is one of its own, with
 * the namespace that the task really is in, so that they say of other tasks what
 * they say to the model.
 */
#ifndef TSEM_BPF_AGENT_TASK_H
#define TSEM_BPF_AGENT_TASK_H

#include "maps.h"
#include "../core/describe.h"

#define task_state model_task_state
#define task_member model_task_member
#define task_modeled model_task_modeled
#define task_modeled_rare model_task_modeled_rare
#define task_modeled_sleepable model_task_modeled_sleepable
#define task_inside model_task_inside
#define task_guarded model_task_guarded
#include "../core/task.h"
#undef task_state
#undef task_member
#undef task_modeled
#undef task_modeled_rare
#undef task_modeled_sleepable
#undef task_inside
#undef task_guarded

/* The agent itself is not told of what it does, unless it wants to be; nor of what its keeper does. */
INLINE bool agent_itself(const struct tsem_agent_slot *a, __u32 process)
{
	return process == a->keeper || (process == a->process && !(a->flags & TSEM_AGENT_SEES_ITSELF));
}

/* Of a task about which nothing is known: 0. Looked at behind the barrier, or the compiler computes from it before. */
INLINE __u64 agent_mark(const struct tsem_watched *w, __u32 slot)
{
	if (!w)
		return 0;
	asm volatile("" : "+r"(w));
	return w->marks[slot & (TSEM_AGENT_MAX - 1)];
}

INLINE bool agent_covers(const struct tsem_agent_slot *a, const struct tsem_watched *w, __u32 slot)
{
	struct tsem_task *t;

	switch (a->scope) {
	case TSEM_SCOPE_HOST:
		return 1;
	case TSEM_SCOPE_CGROUP:
		return bpf_get_current_ancestor_cgroup_id(a->level) == a->target;
	case TSEM_SCOPE_DESCENDANTS:
		return agent_mark(w, slot) == a->id;
	case TSEM_SCOPE_NAMESPACE:
		t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
		return t && t->context == a->target;
	}
	return 0;
}

/* The slots of the agents in whose scope the current task is. */
__attribute__((noinline)) int agents_covering(void)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32, covering = 0;
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;

#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = agent_at(slot);
		if (a && a->id && !agent_itself(a, process) && agent_covers(a, w, slot))
			covering |= 1u << slot;
	}
	return covering;
}

/* Without memory to hear of the task: who is asked, and denies what it does not answer, is asked by force. */
__attribute__((noinline)) int agents_unheard(__u32 covering)
{
	struct tsem_agent_slot *a;
	bool strict = 0;

#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = covering & 1u << slot ? agent_at(slot) : 0;
		if (a && a->flags & TSEM_AGENT_STRICT)
			strict = 1;
		if (a)
			count(&a->unheard);
	}
	if (strict)
		bpf_send_signal(SIGKILL);
	return 0;
}

/* The task as the hooks see it: what is new of its namespace. */
INLINE void watched_begin(struct tsem_watched *w, __u32 covering)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_agent_slot *a;
	__u32 options = TSEM_OPTION_EXTERNAL; /* of inode_create: who is asked is asked in the hook that may sleep */

#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = covering & 1u << slot ? agent_at(slot) : 0;
		if (a && a->flags & TSEM_AGENT_ALL)
			options |= TSEM_OPTION_ALL_EVENTS;
	}
	w->covering = covering;
	w->task.options = options;
	w->task.context = t ? t->context : 0;
	w->task.slot = t ? t->slot : 0;
	w->task.home = tsem_initial_mounts;
}

INLINE struct tsem_task *task_member(void)
{
	__u32 covering = agents_covering();
	struct tsem_watched *w;

	if (!covering)
		return 0;
	w = bpf_task_storage_get(&tsem_watched, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!w) {
		agents_unheard(covering);
		return 0;
	}
	asm volatile("" : "+r"(w)); /* so that nothing is computed from it before it was looked at */
	watched_begin(w, covering);
	return &w->task;
}

INLINE struct tsem_task *task_modeled(void)
{
	struct tsem_task *t;

	if (task_overlaid())
		return 0;
	t = task_member();
	return t;
}

INLINE struct tsem_task *task_modeled_rare(void)
{
	return task_modeled();
}

INLINE struct tsem_task *task_modeled_sleepable(void)
{
	return task_modeled();
}

/* What a hook has left for the next. */
INLINE struct tsem_task *task_state(void)
{
	struct tsem_watched *w = watched_now();

	return w ? &w->task : 0;
}

/* Guarding is the business of the other programs on the hook. */
INLINE struct tsem_task *task_inside(void)
{
	return 0;
}

INLINE bool task_guarded(struct task_struct *target, const struct tsem_task *t)
{
	return 0;
}

#endif
