/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trusted modeling agent of internal namespaces: coefficient, look-up, verdict, record. */
#include "core/event.h"
#include "../engine/coefficient.h"

/* H(event name) by event number, set by the library before loading. */
const volatile __u8 tsem_names[TSEM_EVENT_LIMIT][TSEM_DIGEST_SIZE] __attribute__((aligned(8)));

/* Of the hooks that look at more than their event, the class is asked here. */
static const __u8 tsem_classes[TSEM_EVENT_LIMIT] = {
#define TSEM_EVENT(number, name, class, failure, fields) [number] = TSEM_CLASS_##class,
#include "../abi/events.def"
#undef TSEM_EVENT
};

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

INLINE void task_mark(struct tsem_task *t, __u32 flags)
{
	struct tsem_task *leader = task_leader();

	__sync_fetch_and_or(&t->flags, flags);
	if (leader)
		__sync_fetch_and_or(&leader->flags, flags);
}

/*
 * What a violation does to its task, beyond the event. Sent by the kernel, so
 * no one is asked. Where the event itself is not refused it is still the last:
 * the signal is there before the task returns from it.
 */
INLINE void task_punish(struct tsem_task *t, __u32 action)
{
	if (action == TSEM_ACTION_DENY || action == TSEM_ACTION_LOG)
		return;
	task_mark(t, TSEM_TASK_UNTRUSTED | (action == TSEM_ACTION_FREEZE ? TSEM_TASK_FROZEN : 0));
	if (action == TSEM_ACTION_KILL)
		bpf_send_signal(SIGKILL);
	else if (action == TSEM_ACTION_FREEZE)
		bpf_send_signal(SIGSTOP);
}

/* Sends the record to the orchestrator. Every record has a number; one that finds no room is counted. */
INLINE void record_send(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot)
{
	void *ring = bpf_map_lookup_elem(&tsem_rings, &slot);
	__u32 size = e->record.cell_size;

	if (size > TSEM_CELL_MAX)
		return; /* cannot be: the writers of cells stop there */
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

struct seen_key {
	__u64 context;
	__u64 event;
	__u64 cell_size;
	__u64 zero;
};

/* Makes the event's memory the key of tsem_seen. NULL when the CELL is too long for one. */
INLINE void *seen_key(struct tsem_event *e)
{
	struct seen_key *key = (struct seen_key *)e->record.coefficient;

	if (e->record.cell_size > TSEM_SEEN_CELL)
		return 0;
	key->context = e->record.context;
	key->event = e->record.event;
	key->cell_size = e->record.cell_size;
	key->zero = 0;
	return e->record.task_id;
}

/* Nothing makes an entry untrue: it is the whole event, and a model never loses a coefficient. */
INLINE bool event_seen(struct tsem_event *e, void *seen)
{
	void *key = seen_key(e);
	struct tsem_seen *found = seen && key ? bpf_map_lookup_elem(seen, key) : 0;

	if (!found)
		return 0;
	count(&found->count);
	__builtin_memcpy(e->record.task_id, found->task_id, TSEM_DIGEST_SIZE);
	return 1;
}

/* Hashing left its padding behind the CELL; a key has zeros there. */
INLINE void cell_unpad(struct tsem_event *e)
{
	__u32 end = TSEM_OFFSET_CELL + e->record.cell_size;

	if (end > sizeof(*e) - 128)
		return; /* cannot be: the writers of cells stop before */
	for (int i = 0; i < TSEM_HASH_PADDING; i += 8)
		TSEM_STORE(64, (__u8 *)e + end + i, 0);
}

/* Notes that the event is in the model. task_id is the one that it was looked up with. A full map only costs time. */
INLINE void event_keep(struct tsem_event *e, void *seen, const __u8 *task_id)
{
	struct tsem_seen fresh = {};
	void *key;

	if (!seen)
		return;
	__builtin_memcpy(fresh.coefficient, e->record.coefficient, TSEM_DIGEST_SIZE);
	__builtin_memcpy(fresh.task_id, e->record.task_id, TSEM_DIGEST_SIZE);
	__builtin_memcpy(e->record.task_id, task_id, TSEM_DIGEST_SIZE);
	key = seen_key(e);
	if (key) {
		cell_unpad(e);
		bpf_map_update_elem(seen, key, &fresh, BPF_NOEXIST);
	}
	__builtin_memcpy(e->record.task_id, fresh.task_id, TSEM_DIGEST_SIZE);
	__builtin_memcpy(e->record.coefficient, fresh.coefficient, TSEM_DIGEST_SIZE);
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

/*
 * The functions from here on are ones that the verifier walks by themselves,
 * once for each program. What is inlined into the other it walks on every path.
 */

/* The event is not in the sealed model, cannot be modeled, or its task is untrusted. */
__attribute__((noinline)) int event_violates(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;
	void *forensics;
	__u32 slot;
	bool refuse;
	int added;

	if (!e || !t)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);
	if (!ns)
		return -EPERM;
	refuse = e->forbidden || (ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG);
	e->record.flags |= TSEM_RECORD_VIOLATION | (refuse ? TSEM_RECORD_REFUSED : 0);
	count(&ns->violations);
	if (refuse)
		count(&ns->refused);
	if (ns->mode != TSEM_MODE_FREE)
		task_punish(t, ns->action);
	added = !forensics ? -1 : point_find(forensics, e, ns) ? 0 : point_add(forensics, e, ns);
	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_forensics_full]);
	return refuse ? -EPERM : 0;
}

__attribute__((noinline)) int event_learns(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;
	void *model;
	__u32 slot;
	int added;

	if (!e || !t)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	if (!ns || !model)
		return -EPERM;
	added = point_add(model, e, ns);
	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

/* In free mode what cannot be modeled is recorded beside the model, so that nobody takes the model for complete. */
__attribute__((noinline)) int failure_decide(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;
	void *forensics;
	__u32 slot;

	if (!e || !t)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);
	if (!ns)
		return -EPERM;
	event_failed(e, ns, e->record.failure);
	failure_key(e);
	if (ns->mode != TSEM_MODE_FREE)
		return event_violates(e, t);
	if (forensics && !point_find(forensics, e, ns) && point_add(forensics, e, ns) > 0)
		record_send(e, ns, slot);
	return 0;
}

/* No model is asked. Only programs need their coefficient, which is their TASK_ID. */
__attribute__((noinline)) int event_exports(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;

	if (!e || !t)
		return 0;
	ns = namespace_of(t);
	if (!ns)
		return namespace_gone(t);
	if (e->record.failure) {
		event_failed(e, ns, e->record.failure);
		failure_key(e);
	} else if (e->record.event != TSEM_EVENT_bprm_committed_creds) {
		__builtin_memset(e->record.coefficient, 0, TSEM_DIGEST_SIZE);
		e->record.flags |= TSEM_RECORD_BARE;
	}
	record_send(e, ns, t->slot);
	return 0;
}

INLINE bool event_bypassed(__u32 event, const struct tsem_task *t)
{
	return t->options & TSEM_OPTION_BYPASS(tsem_classes[event & (TSEM_EVENT_LIMIT - 1)]);
}

__attribute__((noinline)) int coefficient_compute(struct tsem_event *e)
{
	if (e)
		event_coefficient(e, (const __u8 *)tsem_names[e->record.event & (TSEM_EVENT_LIMIT - 1)]);
	return 0;
}

/* Refused in every mode, whatever the model has. The coefficient is there, if it can be. */
__attribute__((noinline)) int forbidden_decide(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;

	if (!e || !t)
		return -EPERM;
	ns = namespace_of(t);
	if (!ns)
		return -EPERM;
	if (ns->mode != TSEM_MODE_FREE && task_untrusted(t))
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
	if (e->record.failure) {
		event_failed(e, ns, e->record.failure);
		failure_key(e);
	}
	event_violates(e, t);
	return -EPERM;
}

/*
 * Fails closed: a namespace or map that is not there means that somebody took
 * it away under a living task.
 */
int tsem_decide(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;
	void *model, *seen;
	__u32 slot;

	if (!e || !t)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	if (!ns || !model)
		return namespace_gone(t);
	/* Who is in the root namespace is not a workload: nothing is refused him. */
	if (e->forbidden && !(t->flags & TSEM_TASK_LOOSE)) {
		count(&ns->events);
		if (!e->record.failure)
			coefficient_compute(e);
		return forbidden_decide(e, t);
	}
	/* Whatever is not modeled, a program has its identity: those of its events that are modeled depend on it. */
	if (ns->mode == TSEM_MODE_EXPORT || event_bypassed(e->record.event, t)) {
		if (e->record.event == TSEM_EVENT_bprm_committed_creds && !e->record.failure)
			coefficient_compute(e);
		if (event_bypassed(e->record.event, t))
			return 0;
		count(&ns->events);
		return event_exports(e, t);
	}
	count(&ns->events);
	if (e->record.failure)
		return failure_decide(e, t);
	if (ns->mode != TSEM_MODE_FREE && task_untrusted(t)) {
		coefficient_compute(e);
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
		return event_violates(e, t);
	}
	seen = bpf_map_lookup_elem(&tsem_seen, &slot);
	if (event_seen(e, seen))
		return 0;
	coefficient_compute(e);
	if (point_find(model, e, ns)) {
		event_keep(e, seen, t->task_id);
		return 0;
	}
	return ns->mode == TSEM_MODE_FREE ? event_learns(e, t) : event_violates(e, t);
}

int tsem_peek(struct tsem_event *e, struct tsem_task *t)
{
	__u32 slot;
	void *model;

	if (!e || !t)
		return -EPERM;
	if (event_bypassed(e->record.event, t))
		return 0;
	if (task_untrusted(t))
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
	if (e->record.failure)
		return -EPERM;
	slot = t->slot;
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	coefficient_compute(e);
	if (!model || e->record.flags & TSEM_RECORD_UNTRUSTED || !bpf_map_lookup_elem(model, e->record.coefficient))
		return -EPERM;
	return 0;
}

/* The entry is there after all: then nothing was to be created, and nothing was refused. */
INLINE bool pending_exists(const struct tsem_pending *pending)
{
	struct dentry *dentry = (struct dentry *)pending->dentry;

	return BPF_CORE_READ(dentry, d_inode) && (__u64)BPF_CORE_READ(dentry, d_parent) == pending->parent &&
	       BPF_CORE_READ(dentry, d_name.hash_len) == pending->name;
}

int tsem_pending_settle(struct tsem_task *t)
{
	struct tsem_pending *pending = bpf_task_storage_get(&tsem_pendings, bpf_get_current_task_btf(), 0, 0);
	struct tsem_namespace *ns;
	struct tsem_event *e;

	if (!t)
		return 0;
	t->pending = 0;
	ns = namespace_of(t);
	if (!pending || !ns || pending_exists(pending))
		return 0;
	e = pool_take();
	if (!e) {
		count(&ns->failures[TSEM_FAILURE_scratch]);
		return 0;
	}
	e->forbidden = 0;
	bpf_probe_read_kernel(&e->record, sizeof(e->record), &pending->record);
	bpf_probe_read_kernel(e->cell, TSEM_PENDING_CELL, pending->cell);
	count(&ns->events);
	if (e->record.failure)
		failure_decide(e, t);
	else
		event_violates(e, t);
	event_release(e);
	return 0;
}

int tsem_exhausted(struct tsem_task *t, __u32 event)
{
	struct tsem_namespace *ns;

	if (!t)
		return -EPERM;
	if (event_bypassed(event, t))
		return 0;
	ns = namespace_of(t);
	if (!ns)
		return namespace_gone(t);
	count(&ns->events);
	count(&ns->failures[TSEM_FAILURE_scratch]);
	if (ns->mode == TSEM_MODE_EXPORT) {
		count(&ns->records);
		count(&ns->lost);
	}
	if (ns->mode != TSEM_MODE_ENFORCING || ns->action == TSEM_ACTION_LOG)
		return 0;
	count(&ns->refused);
	return -EPERM;
}
