/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trusted modeling agent of internal namespaces: coefficient, look-up, verdict, record. */
#include "core/event.h"
#include "core/recent.h"
#include "../engine/coefficient.h"

/* H(event name) by event number, set by the library before loading. */
const volatile __u8 tsem_names[TSEM_EVENT_LIMIT][TSEM_DIGEST_SIZE] __attribute__((aligned(8)));

/* What every violation does, whether or not it has a record. */
INLINE void violation_count(struct tsem_task *t, struct tsem_namespace *ns, bool refused)
{
	count(&ns->violations);
	if (refused)
		count(&ns->refused);
	if (ns->mode != TSEM_MODE_FREE)
		task_punish(t, ns);
}

/*
 * Sends the record to the orchestrator, with so many bytes more from behind it.
 * Every record has a number; one that finds no room is counted, and -1 returned.
 */
INLINE int record_put(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, __u32 more, __u64 wakeup)
{
	void *ring = bpf_map_lookup_elem(&tsem_rings, &slot);
	__u32 size = e->record.cell_size;

	if (size > TSEM_CELL_MAX)
		return -1; /* cannot be: the writers of cells stop there */
	size += sizeof(e->record);
	e->record.size = size;
	e->record.number = __sync_fetch_and_add(&ns->records, 1) + 1;
	if (ring && !bpf_ringbuf_output(ring, &e->record, size + more, wakeup))
		return 0;
	count(&ns->lost);
	return -1;
}

INLINE void record_send(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot)
{
	record_put(e, ns, slot, 0, 0);
}

/* Gives the point its place in the order of appearance, once. */
INLINE void point_number(struct tsem_point *point, struct tsem_namespace *ns)
{
	if (!point->number && !__sync_val_compare_and_swap(&point->number, 0, ~0ULL))
		point->number = __sync_fetch_and_add(&ns->points, 1) + 1;
}

INLINE struct tsem_point *point_find(void *points, const __u8 *coefficient, struct tsem_namespace *ns)
{
	struct tsem_point *point = bpf_map_lookup_elem(points, coefficient);

	if (point) {
		count(&point->count);
		point_number(point, ns);
	}
	return point;
}

/* 1: new, 0: another CPU was first, negative: no room. */
INLINE int point_add(void *points, const __u8 *coefficient, struct tsem_namespace *ns)
{
	struct tsem_point fresh = {.count = 1};
	long r = bpf_map_update_elem(points, coefficient, &fresh, BPF_NOEXIST);
	struct tsem_point *point;

	if (!r) {
		point = bpf_map_lookup_elem(points, coefficient);
		if (point)
			point_number(point, ns);
		return 1;
	}
	return point_find(points, coefficient, ns) ? 0 : -1;
}

/* The same for a point that most often is there already. */
INLINE int point_note(void *points, const __u8 *coefficient, struct tsem_namespace *ns)
{
	return point_find(points, coefficient, ns) ? 0 : point_add(points, coefficient, ns);
}

/* What every record has and only a record needs, beside the coefficient; of an exec the hook knows the COE. */
INLINE void record_fill(struct tsem_event *e, struct tsem_task *t)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct tsem_record *r = &e->record;

	r->version = TSEM_RECORD_VERSION;
	r->ts = bpf_ktime_get_ns();
	r->ttd = t->ttd;
	r->p_ttd = t->p_ttd;
	r->pid = task->tgid;
	r->tid = task->pid;
	r->ppid = task->real_parent->tgid;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	tsem_digest_copy(r->task_id, t->task_id);
	tsem_digest_copy(r->ptask_id, t->ptask_id);
	if (r->event != TSEM_EVENT_bprm_committed_creds)
		coe_fill(&r->coe, task->cred, t->options);
}

/* Numbers for who, never given twice. */
volatile __u64 tsem_whos;

/* Finds, or gives, the number in next_who that stands for both TASK_IDs and the COE of the record. 0: the map is full. */
__attribute__((noinline)) int who_number(struct tsem_event *e)
{
	struct tsem_seen fresh = {}, *found;
	void *seen;
	__u32 slot;

	if (!e)
		return 0;
	slot = e->slot;
	e->next_who = 0;
	seen = bpf_map_lookup_elem(&tsem_seen, &slot);
	if (!seen)
		return 0;
	tsem_words_clear(e->fold, TSEM_SEEN_HEAD + TSEM_SEEN_SHORT);
	tsem_digest_copy(e->fold + TSEM_SEEN_HEAD, e->record.task_id);
	tsem_digest_copy(e->fold + TSEM_SEEN_HEAD + TSEM_DIGEST_SIZE, e->record.ptask_id);
	tsem_words_copy(e->fold + TSEM_SEEN_HEAD + 2 * TSEM_DIGEST_SIZE, &e->record.coe, sizeof(e->record.coe));
	found = bpf_map_lookup_elem(seen, e->fold);
	if (!found) {
		fresh.count = __sync_fetch_and_add(&tsem_whos, 1) + 1;
		bpf_map_update_elem(seen, e->fold, &fresh, BPF_NOEXIST);
		found = bpf_map_lookup_elem(seen, e->fold);
	}
	e->next_who = found ? found->count : 0;
	return 0;
}

/* Who the event of a filled record is of. */
INLINE void who_find(struct tsem_event *e, struct tsem_task *t)
{
	who_number(e);
	e->who = e->next_who;
	e->next_who = 0;
	if (e->record.event != TSEM_EVENT_bprm_committed_creds && !(t->options & TSEM_OPTION_IDS_CURRENT)) {
		t->who = 0;
		creds_note(t);
		t->who = e->who;
	}
}

/* The key is made in place: its head lies before the CELL, where the end of the COE is otherwise. */
struct seen_place {
	__u64 *head;
	__u64 kept[2];
};

INLINE void *seen_key(struct tsem_event *e, struct seen_place *ret_place)
{
	__u64 *head = (__u64 *)(e->cell - TSEM_SEEN_HEAD);

	ret_place->head = head;
	ret_place->kept[0] = head[0];
	ret_place->kept[1] = head[1];
	head[0] = e->who;
	head[1] = event_head(e);
	return head;
}

INLINE void seen_key_end(const struct seen_place *place)
{
	place->head[0] = place->kept[0];
	place->head[1] = place->kept[1];
}

/* The map for events with a CELL of the size, NULL when there is none. */
INLINE void *seen_map(__u32 slot, __u32 cell_size)
{
	if (cell_size <= TSEM_SEEN_SHORT)
		return bpf_map_lookup_elem(&tsem_seen, &slot);
	return cell_size <= TSEM_SEEN_LONG ? bpf_map_lookup_elem(&tsem_seen_long, &slot) : 0;
}

/* Nothing makes an entry untrue: it is the whole event, and a model never loses a coefficient. */
INLINE bool event_seen(struct tsem_event *e, bool counted)
{
	void *seen = seen_map(e->slot, e->record.cell_size), *key;
	struct seen_place place;
	struct tsem_seen *found;

	if (!seen || !e->who)
		return 0;
	key = seen_key(e, &place);
	found = bpf_map_lookup_elem(seen, key);
	seen_key_end(&place);
	if (!found)
		return 0;
	if (counted)
		count(&found->count);
	if (e->record.event == TSEM_EVENT_bprm_committed_creds) {
		tsem_digest_copy(e->record.task_id, found->task_id);
		e->next_who = found->next_who;
	}
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

/* Notes that the event is in the model. A full map only costs time. By itself, so that its stack is not below that of hashing. */
__attribute__((noinline)) int event_keep(struct tsem_event *e)
{
	struct tsem_seen fresh = {};
	struct seen_place place;
	void *seen, *key;

	if (!e || !e->who)
		return 0;
	seen = seen_map(e->slot, e->record.cell_size);
	if (!seen)
		return 0;
	tsem_digest_copy(fresh.coefficient, e->record.coefficient);
	tsem_digest_copy(fresh.task_id, e->record.task_id);
	cell_unpad(e);
	key = seen_key(e, &place);
	bpf_map_update_elem(seen, key, &fresh, BPF_NOEXIST);
	seen_key_end(&place);
	return 0;
}

INLINE void event_failed(struct tsem_event *e, struct tsem_namespace *ns, __u32 failure)
{
	count(&ns->failures[failure & (TSEM_FAILURE_LIMIT - 1)]);
	e->record.failure = failure;
	e->record.flags |= TSEM_RECORD_FAILED;
}

/*
 * An event that could not be modeled has no coefficient. This stands in for one,
 * so that it is recorded once: what could be described of it, and the reason.
 */
INLINE void failure_key(struct tsem_event *e, bool hashed)
{
	__u64 *key = (__u64 *)e->record.coefficient;

	if (!hashed)
		key[0] = key[1] = key[2] = 0;
	key[3] = (__u64)e->record.event << 32 | e->record.failure;
}

/* The event is not in the sealed model, cannot be modeled, or its task is untrusted. */
INLINE int event_violates(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	__u32 slot = t->slot;
	void *forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);
	bool refuse;
	int added;

	refuse = e->forbidden || namespace_refuses(ns);
	e->record.flags |= TSEM_RECORD_VIOLATION | (refuse ? TSEM_RECORD_REFUSED : 0);
	violation_count(t, ns, refuse);
	added = forensics ? point_note(forensics, e->record.coefficient, ns) : -1;
	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_forensics_full]);
	return refuse ? -EPERM : 0;
}

INLINE bool event_bypassed(__u32 event, const struct tsem_task *t)
{
	return t->options & TSEM_OPTION_BYPASS(tsem_classes[event & (TSEM_EVENT_LIMIT - 1)]);
}

INLINE const __u8 *event_name(const struct tsem_event *e)
{
	return (const __u8 *)tsem_names[e->record.event & (TSEM_EVENT_LIMIT - 1)];
}

/* Whether the event was found in the model before, and its task is trusted. Nothing but the CELL is needed for that. */
INLINE bool event_recognised(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, bool counted)
{
	if (e->record.failure || e->record.event == TSEM_EVENT_bprm_committed_creds || !who_holds(t))
		return 0;
	if (ns->mode != TSEM_MODE_FREE && !task_trusted(t, ns))
		return 0;
	e->who = t->who;
	if (ns->mode != TSEM_MODE_FREE && recent_has(e)) {
		e->trusted = 1;
		return 1;
	}
	if (!event_seen(e, counted))
		return 0;
	e->trusted = 1;
	if (ns->mode != TSEM_MODE_FREE)
		recent_keep(e);
	return 1;
}

#include "core/external.h"

/* There is no model: the record goes to whoever reads it. Only programs need their coefficient, which is their TASK_ID. */
INLINE int event_exports(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	if (!e->record.failure && e->record.event != TSEM_EVENT_bprm_committed_creds) {
		tsem_words_clear(e->record.coefficient, TSEM_DIGEST_SIZE);
		e->record.flags |= TSEM_RECORD_BARE;
	}
	record_send(e, ns, t->slot);
	return 0;
}

INLINE int event_learns(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, void *model)
{
	int added = point_add(model, e->record.coefficient, ns);

	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

/* In free mode what cannot be modeled is recorded beside the model, so that nobody takes the model for complete. */
INLINE int failure_noted(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	__u32 slot = t->slot;
	void *forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);

	if (forensics && point_note(forensics, e->record.coefficient, ns) > 0)
		record_send(e, ns, slot);
	return 0;
}

/* What could be described, of a task that is trusted: 0, TSEM_ASK, or -ENOENT for what the model does not have. */
INLINE int event_judged(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, bool rare)
{
	__u32 slot = t->slot;
	void *model;

	if (t->options & TSEM_OPTION_EXTERNAL)
		return external_asks(e, t, ns);
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	if (!model)
		return -EPERM;
	if (point_find(model, e->record.coefficient, ns)) {
		if (!rare)
			event_keep(e);
		e->trusted = 1;
		return 0;
	}
	return ns->mode == TSEM_MODE_FREE ? event_learns(e, ns, slot, model) : -ENOENT;
}

/* Found in the model before; a record is filled by then. */
INLINE bool event_known(struct tsem_event *e, struct tsem_task *t)
{
	who_find(e, t);
	if (!event_seen(e, 1))
		return 0;
	e->trusted = 1;
	return 1;
}

/* The coefficient of an event that waits comes with the answer. A program has its identity from us. */
INLINE bool event_hashes(const struct tsem_event *e, const struct tsem_task *t, bool asks)
{
	return !(asks && t->options & TSEM_OPTION_EXTERNAL && e->waits) ||
	       e->record.event == TSEM_EVENT_bprm_committed_creds;
}

/* Refused in every mode, cannot be modeled, not trusted, or not in the model. */
INLINE int event_outside(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, bool forbidden)
{
	int verdict;

	if (!forbidden && ns->mode == TSEM_MODE_FREE)
		return failure_noted(e, t, ns);
	verdict = event_violates(e, t, ns);
	return forbidden ? -EPERM : verdict;
}

/*
 * Fails closed: a namespace or map that is not there means that somebody took
 * it away under a living task. Nothing is refused who is in the root namespace,
 * which is no workload. Whatever is not modeled, a program has its identity:
 * those of its events that are modeled depend on it.
 *
 * One function for each program that calls it: each function of a program has
 * pages of its own. rare: what was found in the model is not remembered.
 */
INLINE int event_decide(struct tsem_event *e, struct tsem_task *t, bool rare)
{
	bool forbidden, bypassed, asks, hashed, exec = e->record.event == TSEM_EVENT_bprm_committed_creds;
	struct tsem_namespace *ns = namespace_of(t);
	int verdict;

	if (!ns)
		return namespace_gone(t);
	forbidden = e->forbidden && !(t->flags & TSEM_TASK_LOOSE);
	bypassed = !forbidden && event_bypassed(e->record.event, t);
	if (bypassed && !exec)
		return 0;
	if (!bypassed)
		count(&ns->events);
	asks = !forbidden && !bypassed && ns->mode != TSEM_MODE_EXPORT;
	if (asks && t->options & TSEM_OPTION_EXTERNAL && external_stopped(t))
		return external_ended(ns);
	if (!rare && asks && event_recognised(e, t, ns, 1))
		return 0;
	record_fill(e, t);
	if (e->record.failure && !bypassed)
		event_failed(e, ns, e->record.failure);
	if (ns->mode != TSEM_MODE_FREE && ns->mode != TSEM_MODE_EXPORT && !task_trusted(t, ns))
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
	asks = asks && !(e->record.flags & (TSEM_RECORD_FAILED | TSEM_RECORD_UNTRUSTED));
	if (!rare && asks && event_known(e, t))
		return 0;
	hashed = event_hashes(e, t, asks) && (exec || forbidden || ns->mode != TSEM_MODE_EXPORT);
	if (hashed)
		event_coefficient(e, event_name(e));
	if (e->record.failure)
		failure_key(e, hashed);
	if (bypassed)
		return 0;
	if (!forbidden && ns->mode == TSEM_MODE_EXPORT)
		return event_exports(e, t, ns);
	if (asks) {
		verdict = event_judged(e, t, ns, rare);
		if (verdict != -ENOENT)
			return verdict;
	}
	return event_outside(e, t, ns, forbidden);
}

int tsem_decide(struct tsem_event *e, struct tsem_task *t)
{
	return e && t ? event_decide(e, t, 0) : -EPERM;
}

int tsem_decide_rare(struct tsem_event *e, struct tsem_task *t)
{
	return e && t ? event_decide(e, t, 1) : -EPERM;
}

/*
 * Who the task will be when the exec has committed, so that its first events are
 * recognised too. It follows from the exec, and is kept with it.
 */
int tsem_next_who(struct tsem_event *e)
{
	struct seen_place place;
	struct tsem_seen *found;
	void *seen;

	if (!e || !e->who || e->next_who)
		return 0;
	seen = seen_map(e->slot, e->record.cell_size);
	if (!seen)
		return 0;
	who_number(e);
	found = bpf_map_lookup_elem(seen, seen_key(e, &place));
	seen_key_end(&place);
	if (found)
		found->next_who = e->next_who;
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
	if (ns->mode == TSEM_MODE_ENFORCING)
		count(&ns->violations);
	if (!namespace_refuses(ns))
		return 0;
	count(&ns->refused);
	return -EPERM;
}
