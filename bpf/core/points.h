/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Points of a namespace: the coefficients of its model, and the forensics, which
 * has what is not in the model or could not be modeled.
 */
#ifndef TSEM_BPF_POINTS_H
#define TSEM_BPF_POINTS_H

#include "kernel.h"
#include "maps.h"
#include "record.h"
#include "renamed.h"
#include "task.h"

/*
 * A descriptor that comes over a socket is its sender's choice: it does not
 * arrive, and nobody is punished for having been sent it. Nor for a name that
 * somebody else has changed at each look.
 */
INLINE bool event_punished(const struct tsem_event *e)
{
	return e->record.event != TSEM_EVENT_file_receive && (e->again != AGAIN_LATE || renamed_here(e->slot));
}

/* The consequences of every violation, whether or not it has a record. */
INLINE void violation_count(struct tsem_task *t, struct tsem_namespace *ns, bool punished, __u64 refused)
{
	count(&ns->violations);
	if (unknown(refused, ns->id))
		count(&ns->refused);
	if (ns->mode != TSEM_MODE_FREE && punished)
		task_punish(t, ns);
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

#define UNASKED_MAX 256 /* of the room for distinct violations, so that who sends descriptors cannot take all */

INLINE bool event_unasked(const struct tsem_event *e)
{
	return e->record.event == TSEM_EVENT_file_receive;
}

/*
 * The event is not in the sealed model, cannot be modeled, or its task is untrusted. counted: only the counts are
 * left, as somebody else has its record, or nobody.
 */
INLINE int event_violates(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, __u64 counted)
{
	__u64 refuse = unknown((!unknown(counted, ns->id) && e->forbidden) || namespace_refuses(ns), ns->id);
	void *forensics;
	int added;

	violation_count(t, ns, event_punished(e), refuse);
	if (unknown(counted, ns->id))
		return refuse ? -EPERM : 0;
	e->record.flags |= TSEM_RECORD_VIOLATION | (refuse ? TSEM_RECORD_REFUSED : 0);
	forensics = of_slot(&tsem_forensics, t->slot);
	if (unknown(event_unasked(e) && ns->unasked >= UNASKED_MAX, ns->id))
		forensics = 0;
	added = forensics ? point_note(forensics, e->record.coefficient, ns) : -1;
	if (added > 0)
		__sync_fetch_and_add(&ns->unasked, event_unasked(e));
	if (added > 0)
		record_send(e, ns, t->slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_forensics_full]);
	return refuse ? -EPERM : 0;
}

/* In free mode what cannot be modeled is recorded beside the model, so that nobody takes the model for complete. */
INLINE int failure_noted(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	void *forensics = of_slot(&tsem_forensics, t->slot);

	if (forensics && point_note(forensics, e->record.coefficient, ns) > 0)
		record_send(e, ns, t->slot);
	return 0;
}

#endif
