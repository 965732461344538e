/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes come, run another program, and go: what agents hear of that, and what follows for who hears of them. */
#ifndef TSEM_BPF_AGENT_LIFE_H
#define TSEM_BPF_AGENT_LIFE_H

#include "message.h"
#include "mute.h"
#include "task.h"

/* An event without a CELL. NULL: nobody wants it, or it cannot be had. */
INLINE struct tsem_event *life_begin(__u32 event)
{
	struct tsem_task *t = task_member();
	struct tsem_event *e;

	if (!t)
		return 0;
	mutes_refresh();
	if (!agents_wanting(event, event))
		return 0;
	e = model_event_begin(t, 0);
	if (!e)
		tsem_exhausted(t, event);
	return e;
}

INLINE void life_end(struct tsem_event *e, __u32 event, __u64 subject, __u64 started)
{
	struct tsem_agent_head *head = message_head(e);

	head->subject = subject;
	head->subject_started = started;
	message_fill(e);
	agents_tell(e, event, 0);
	event_release(e);
}

/* The child of a process that an agent hears of by descent, before it runs. */
INLINE __u64 mark_inherited(const struct tsem_agent_slot *a, const struct tsem_watched *w, __u32 slot, bool thread)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;

	if (!a->id || a->scope != TSEM_SCOPE_DESCENDANTS)
		return 0;
	if (agent_mark(w, slot) == a->id)
		return a->id;
	return process == a->process && !thread ? a->id : 0;
}

/* Nobody is born unheard where that would be a way out. */
INLINE int mark_failed(struct tsem_agent_slot *a)
{
	count(&a->unheard);
	return VERDICT(a->flags & TSEM_AGENT_STRICT);
}

/* The child gets what its parent has executed; if that was not seen, what the kernel says now. False: no memory. */
INLINE bool executed_inherit(struct task_struct *task)
{
	struct tsem_executed *child = bpf_task_storage_get(&tsem_executed, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct tsem_executed executed;

	executed_now(&executed);
	if (child)
		*child = executed;
	return child;
}

/* Always attached, for what the child runs. */
SEC("lsm/task_alloc")
int BPF_PROG(agent_inherits, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_watched *w = watched_now(), *child = 0;
	bool known = executed_inherit(task);
	struct tsem_agent_slot *a;
	__u64 mark;

#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = agent_at(slot);
		if (!known && a && a->id && mark_failed(a))
			return -EPERM;
		mark = a ? mark_inherited(a, w, slot, clone_flags & CLONE_THREAD) : 0;
		if (!mark)
			continue;
		child = child ?: bpf_task_storage_get(&tsem_watched, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (!child)
			return mark_failed(a);
		child->marks[slot] = mark;
	}
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(agent_forks, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_event *e;

	if (clone_flags & CLONE_THREAD)
		return 0;
	e = life_begin(TSEM_AGENT_FORK);
	if (e)
		life_end(e, TSEM_AGENT_FORK, task->tgid, process_started(task));
	return 0;
}

/* Whom there is no memory to remember, an agent that is asked would take for another one. */
__attribute__((noinline)) int executed_note(void)
{
	struct tsem_executed *executed =
		bpf_task_storage_get(&tsem_executed, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (executed)
		*executed = executed_kernel();
	else
		agents_unheard(agents_covering());
	return 0;
}

/* Always attached: what was muted by the program of the process is looked up anew. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(agent_execs, struct linux_binprm *bprm)
{
	struct tsem_watched *w = watched_now();
	struct tsem_event *e;

	executed_note();
	if (w)
		__builtin_memset(w->generations, 0, sizeof(w->generations));
	e = life_begin(TSEM_AGENT_EXEC);
	if (e)
		life_end(e, TSEM_AGENT_EXEC, 0, 0);
	return 0;
}

#define SIGNAL_GROUP_EXIT 0x4

INLINE __u64 exit_status(const struct task_struct *object)
{
	const struct task_struct___agent *task = (const void *)object;
	__u32 flags = BPF_CORE_READ(task, signal, flags);

	return (__u32)(flags & SIGNAL_GROUP_EXIT ? BPF_CORE_READ(task, signal, group_exit_code) :
						   BPF_CORE_READ(task, exit_code));
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(agent_exits, struct task_struct *task)
{
	struct tsem_event *e;

	if (BPF_CORE_READ((const struct task_struct___agent *)task, signal, live.counter))
		return 0;
	e = life_begin(TSEM_AGENT_EXIT);
	if (e)
		life_end(e, TSEM_AGENT_EXIT, exit_status(task), 0);
	return 0;
}

#endif
