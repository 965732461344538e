/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages: what an agent gets of an event, and the question that goes with it. */
#ifndef TSEM_BPF_AGENT_MESSAGE_H
#define TSEM_BPF_AGENT_MESSAGE_H

#include "maps.h"
#include "mute.h"
#include "task.h"
#include "../core/describe.h"
#include "../core/event.h"

/* The head lies right before the record, in the fold, which is used no more when the event has been described. */
_Static_assert(TSEM_FOLD_SIZE >= sizeof(struct tsem_agent_head), "the head of a message fits into the fold");

INLINE struct tsem_agent_head *message_head(struct tsem_event *e)
{
	return (void *)e->fold + TSEM_FOLD_SIZE - sizeof(struct tsem_agent_head);
}

/*
 * Fills in the acting process. At an exec that agents are asked about, the hook has filled in the credentials to come:
 * the present ones replace them.
 */
__attribute__((noinline)) int message_fill(struct tsem_event *e)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_executed executed;
	struct tsem_agent_head *head;
	struct tsem_record *r;

	if (!e)
		return 0;
	r = &e->record;
	r->version = TSEM_RECORD_VERSION;
	r->size = sizeof(*r) + r->cell_size;
	r->ts = bpf_ktime_get_ns();
	r->pid = task->tgid;
	r->tid = task->pid;
	r->ppid = task->real_parent->tgid;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	coe_fill(&r->coe, task->cred, 0);
	r->context = task_context(t);
	tsem_words_clear(r->task_id, 3 * TSEM_DIGEST_SIZE);
	r->ttd = r->context ? t->ttd : 0;
	r->p_ttd = r->context ? t->p_ttd : 0;
	if (r->context) {
		tsem_digest_copy(r->task_id, t->task_id);
		tsem_digest_copy(r->ptask_id, t->ptask_id);
	}
	r->flags = r->failure ? TSEM_RECORD_FAILED : TSEM_RECORD_BARE;
	head = message_head(e);
	head->version = TSEM_AGENT_HEAD_VERSION;
	head->started = process_started(task);
	head->parent_started = process_started(task->real_parent);
	head->cgroup = bpf_get_current_cgroup_id();
	head->executable_size = executed_now(&executed) ? executable_print(e, own_executable()) : 0;
	head->executable_device = executed.device;
	head->executable_inode = executed.inode;
	/* Where it was printed there is a length before it: it moves to the end of the CELL. */
	bpf_probe_read_kernel(cell_tail(e), TSEM_BOUND(head->executable_size, TSEM_PATH_MAX), cell_tail(e) + 4);
	head->size = sizeof(*head) + r->size + head->executable_size;
	return 0;
}

#define MESSAGE_MAX (sizeof(struct tsem_agent_head) + sizeof(struct tsem_record) + TSEM_CELL_MAX + TSEM_PATH_MAX + 1)

/* Every message has its numbers; one that finds no room is counted, and -1 returned. */
__attribute__((noinline)) int message_send(struct tsem_event *e, __u32 slot, __u32 event, __u32 action, __u64 deadline)
{
	struct tsem_agent_slot *a = agent_at(slot);
	void *ring = of_slot(&tsem_agent_rings, slot);
	struct tsem_agent_head *head;
	__u32 size;

	if (!e || !a || event >= TSEM_AGENT_EVENTS)
		return -1;
	head = message_head(e);
	head->event = event;
	head->action = action;
	head->deadline = deadline;
	head->agent = a->id;
	head->sequence = __sync_fetch_and_add(&a->sequence, 1) + 1;
	head->event_sequence = __sync_fetch_and_add(&a->counts[event].produced, 1) + 1;
	size = head->size;
	if (size <= MESSAGE_MAX && ring && !bpf_ringbuf_output(ring, head, size, 0))
		return 0;
	count(&a->counts[event].lost);
	return -1;
}

/* ---- targets ---- */

/* One of the paths that the event is about: at most two, the first and the last one in the CELL. */
INLINE bool target_matches(const struct tsem_agent_slot *a, struct tsem_watched *w, __u32 slot, struct tsem_event *e,
			   __u32 event, __u32 offset)
{
	struct paths_walk walk = {.slot = slot, .of = TSEM_RULE_TARGET, .found = &w->target};

	__builtin_memset(&w->target, 0, sizeof(w->target));
	walk.length = *(__u32 *)(e->cell + TSEM_BOUND(offset, TSEM_CELL_MAX - 1));
	walk.path = e->cell + TSEM_BOUND(offset, TSEM_CELL_MAX - 1) + 4;
	paths_find(a->rules, &walk);
	return mute_has(&w->target, event);
}

/* Muted when all of its paths are; with inverted mutes, when none of them is named. What has no path is not muted so. */
INLINE bool target_muted(const struct tsem_agent_slot *a, struct tsem_watched *w, __u32 slot, struct tsem_event *e,
			 __u32 event)
{
	bool inverts = a->flags & TSEM_AGENT_INVERTS_TARGETS, first, last;

	if (!a->rules && !inverts)
		return 0;
	last = target_matches(a, w, slot, e, event, e->path);
	first = e->deciding && e->deciding != e->path ? target_matches(a, w, slot, e, event, e->deciding) : last;
	return inverts ? !first && !last : first && last;
}

/*
 * Takes those who muted it from who wants the event. This and the next are called by who ends the event, one after the
 * other, so that their stacks do not lie on one another. The slots that are left.
 */
__attribute__((noinline)) int targets_mute(struct tsem_event *e, __u32 event)
{
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;

	if (!e || !w || event >= TSEM_AGENT_EVENTS)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = w->wanting & 1u << slot ? agent_at(slot) : 0;
		if (!a || !e->path || !target_muted(a, w, slot, e, event))
			continue;
		w->wanting &= ~(1u << slot);
		count(&a->counts[event].muted);
	}
	return w->wanting;
}

/* ---- to all ---- */

/* Whose answer will be waited for. */
INLINE void question_add(struct tsem_watched *w, const struct tsem_agent_slot *a, __u32 slot, __u32 event,
			 const struct tsem_agent_head *head, __u64 position)
{
	w->asking |= 1u << slot;
	if (a->how[event] & TSEM_AGENT_ALLOWS)
		w->lenient |= 1u << slot;
	w->ids[slot] = head->agent;
	w->numbers[slot] = head->sequence;
	w->deadlines[slot] = head->deadline;
	w->positions[slot] = position;
}

/* An agent that does not get the question cannot answer it: its default counts. */
INLINE void question_lost(struct tsem_watched *w, struct tsem_agent_slot *a, __u32 event)
{
	count(&a->counts[event].late);
	if (!(a->how[event] & TSEM_AGENT_ALLOWS))
		w->denied = 1;
}

INLINE void agent_tell(struct tsem_event *e, struct tsem_watched *w, struct tsem_agent_slot *a, __u32 slot, __u32 event,
		       bool waits)
{
	bool asks = waits && a->how[event] & TSEM_AGENT_AUTH;
	void *ring = asks ? of_slot(&tsem_agent_rings, slot) : 0;
	__u64 position = ring ? bpf_ringbuf_query(ring, BPF_RB_PROD_POS) : 0;
	int lost = message_send(e, slot, event, asks ? TSEM_AGENT_AUTH : TSEM_AGENT_NOTIFY,
				asks ? bpf_ktime_get_ns() + a->deadline_ms[event] * 1000000ULL : 0);

	if (asks && lost)
		question_lost(w, a, event);
	else if (asks)
		question_add(w, a, slot, event, message_head(e), position);
}

/* To all who want it, when the message is filled. Whether somebody is asked. */
__attribute__((noinline)) int agents_tell(struct tsem_event *e, __u32 event, __u32 waits)
{
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;

	if (!e || !w || event >= TSEM_AGENT_EVENTS)
		return 0;
	w->lenient = 0;
	w->denied = 0;
	w->event = event;
	if (waits && process_flags(bpf_get_current_task_btf()) & TSEM_TASK_GUARDED)
		waits = 0; /* who answers others is asked nothing himself */
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = w->wanting & 1u << slot ? agent_at(slot) : 0;
		if (a && a->id && a->how[event])
			agent_tell(e, w, a, slot, event, waits);
	}
	return w->asking || w->denied;
}

#endif
