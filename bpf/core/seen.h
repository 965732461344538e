/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that were found in a model before, which are recognised without being
 * hashed: the number that stands for who the task is, and the event byte for byte.
 */
#ifndef TSEM_BPF_SEEN_H
#define TSEM_BPF_SEEN_H

#include "kernel.h"
#include "maps.h"
#include "recent.h"
#include "task.h"
#include "who.h"

/* Numbers for who, never given twice. */
volatile __u64 tsem_whos;

/* Finds, or gives, the number in next_who that stands for both TASK_IDs and the COE of the record. 0: the map is full. */
__attribute__((noinline)) int who_number(struct tsem_event *e)
{
	struct tsem_seen fresh = {}, *found;
	void *seen;

	if (!e)
		return 0;
	e->next_who = 0;
	seen = of_slot(&tsem_seen, e->slot);
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
		return of_slot(&tsem_seen, slot);
	return cell_size <= TSEM_SEEN_LONG ? of_slot(&tsem_seen_long, slot) : 0;
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

/* Whether the event, of a trusted task, was found in the model before. Nothing but the CELL is needed for that. */
INLINE bool event_recognised(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, bool counted)
{
	if (e->record.failure || e->record.event == TSEM_EVENT_bprm_committed_creds || !who_holds(t))
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

/* Found in the model before; a record is filled by then. */
INLINE bool event_known(struct tsem_event *e, struct tsem_task *t)
{
	who_find(e, t);
	if (!event_seen(e, 1))
		return 0;
	e->trusted = 1;
	return 1;
}

#endif
