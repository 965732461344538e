/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trusted modeling agent of internal namespaces: coefficient, look-up, verdict, record. */
#include "core/event.h"
#include "../engine/coefficient.h"

/* H(event name) by event number, set by the library before loading. */
const volatile __u8 tsem_names[TSEM_EVENT_LIMIT][TSEM_DIGEST_SIZE] __attribute__((aligned(8)));

INLINE void count(__u64 *counter)
{
	__sync_fetch_and_add(counter, 1);
}

INLINE struct tsem_namespace *namespace_of(const struct tsem_task *t)
{
	struct tsem_namespace *ns = task_namespace(t);

	return ns && ns->id == t->context ? ns : 0;
}

/* The thread group's state is the leader's; what one thread did, all are. */
INLINE struct tsem_task *task_leader(void)
{
	struct task_struct *leader;
	struct tsem_task *t = 0;

	bpf_rcu_read_lock();
	leader = bpf_get_current_task_btf()->group_leader;
	if (leader)
		t = bpf_task_storage_get(&tsem_tasks, leader, 0, 0);
	bpf_rcu_read_unlock();
	return t;
}

INLINE bool task_untrusted(struct tsem_task *t)
{
	struct tsem_task *leader = task_leader();

	if (leader && leader->flags & TSEM_TASK_UNTRUSTED)
		__sync_fetch_and_or(&t->flags, TSEM_TASK_UNTRUSTED);
	return t->flags & TSEM_TASK_UNTRUSTED;
}

INLINE void task_distrust(struct tsem_task *t)
{
	struct tsem_task *leader = task_leader();

	__sync_fetch_and_or(&t->flags, TSEM_TASK_UNTRUSTED);
	if (leader)
		__sync_fetch_and_or(&leader->flags, TSEM_TASK_UNTRUSTED);
}

/* Sends the record to the orchestrator. Every record has a number; one that finds no room is counted. */
INLINE void record_send(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot)
{
	void *ring = bpf_map_lookup_elem(&tsem_rings, &slot);
	__u32 size = e->record.cell_size;

	if (size > TSEM_CELL_MAX)
		return;
	size += sizeof(e->record);
	e->record.size = size;
	e->record.number = __sync_fetch_and_add(&ns->records, 1) + 1;
	if (!ring || bpf_ringbuf_output(ring, &e->record, size, 0))
		count(&ns->lost);
}

/* Gives the point its place in the order of appearance, once. */
INLINE void point_number(struct tsem_point *point, struct tsem_namespace *ns)
{
	if (!point->number && !__sync_val_compare_and_swap(&point->number, 0, ~0ULL))
		point->number = __sync_fetch_and_add(&ns->points, 1) + 1;
}

INLINE struct tsem_point *point_find(void *points, struct tsem_event *e, struct tsem_namespace *ns)
{
	struct tsem_point *point = bpf_map_lookup_elem(points, e->record.coefficient);

	if (point) {
		count(&point->count);
		point_number(point, ns);
	}
	return point;
}

/* 1: new, 0: another CPU was first, negative: no room. */
INLINE int point_add(void *points, struct tsem_event *e, struct tsem_namespace *ns)
{
	struct tsem_point fresh = {.count = 1};
	long r = bpf_map_update_elem(points, e->record.coefficient, &fresh, BPF_NOEXIST);
	struct tsem_point *point;

	if (!r) {
		point = bpf_map_lookup_elem(points, e->record.coefficient);
		if (point)
			point_number(point, ns);
		return 1;
	}
	return point_find(points, e, ns) ? 0 : -1;
}

INLINE void event_failed(struct tsem_event *e, struct tsem_namespace *ns, __u32 failure)
{
	count(&ns->failures[failure & (TSEM_FAILURE_LIMIT - 1)]);
	e->record.failure = failure;
	e->record.flags |= TSEM_RECORD_FAILED;
}

/* An event that could not be modeled has no coefficient; this stands in for one, so that it is recorded once. */
INLINE void failure_key(struct tsem_event *e)
{
	__u64 *key = (__u64 *)e->record.coefficient;

	key[0] = 0;
	key[1] = 0;
	key[2] = 0;
	key[3] = (__u64)e->record.event << 32 | e->record.failure;
}

/* The event is not in the sealed model, cannot be modeled, or its task is untrusted. */
INLINE int event_violates(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, __u32 slot)
{
	void *forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);
	bool refuse = ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG;
	int added;

	e->record.flags |= TSEM_RECORD_VIOLATION | (refuse ? TSEM_RECORD_REFUSED : 0);
	count(&ns->violations);
	if (refuse)
		count(&ns->refused);
	if (ns->action == TSEM_ACTION_UNTRUST)
		task_distrust(t);
	added = !forensics ? -1 : point_find(forensics, e, ns) ? 0 : point_add(forensics, e, ns);
	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_forensics_full]);
	return refuse ? -EPERM : 0;
}

INLINE int event_learns(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, void *model)
{
	int added = point_add(model, e, ns);

	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

/* In free mode what cannot be modeled is recorded beside the model, so that nobody takes the model for complete. */
INLINE int failure_decide(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, __u32 slot)
{
	void *forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);

	event_failed(e, ns, e->record.failure);
	failure_key(e);
	if (ns->mode != TSEM_MODE_FREE)
		return event_violates(e, t, ns, slot);
	if (forensics && !point_find(forensics, e, ns) && point_add(forensics, e, ns) > 0)
		record_send(e, ns, slot);
	return 0;
}

/*
 * Fails closed: a namespace or map that is not there means that somebody took
 * it away under a living task.
 */
int tsem_decide(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;
	__u32 slot;
	void *model;

	if (!e || !t)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	if (!ns || !model)
		return -EPERM;
	count(&ns->events);
	if (e->record.failure)
		return failure_decide(e, t, ns, slot);
	event_coefficient(e, (const __u8 *)tsem_names[e->record.event & (TSEM_EVENT_LIMIT - 1)]);
	if (ns->mode != TSEM_MODE_FREE && task_untrusted(t)) {
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
		return event_violates(e, t, ns, slot);
	}
	if (point_find(model, e, ns))
		return 0;
	return ns->mode == TSEM_MODE_FREE ? event_learns(e, ns, slot, model) : event_violates(e, t, ns, slot);
}

int tsem_exhausted(struct tsem_task *t, __u32 event)
{
	struct tsem_namespace *ns;

	if (!t)
		return -EPERM;
	ns = namespace_of(t);
	if (!ns)
		return -EPERM;
	count(&ns->events);
	count(&ns->failures[TSEM_FAILURE_scratch]);
	if (ns->mode != TSEM_MODE_ENFORCING || ns->action == TSEM_ACTION_LOG)
		return 0;
	count(&ns->refused);
	return -EPERM;
}
