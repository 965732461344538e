/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that were just found in a model, compared word by word (tsem_recent).
 * Of sealed and enforcing namespaces only. Nothing makes an entry untrue: it is
 * the whole event of one namespace, whose model never loses a coefficient, and
 * numbers for who are never given twice. Whether the task is trusted is asked
 * before. An entry may be written by one task only; who finds it half written,
 * or loses the race to write, goes the long way.
 */
#ifndef TSEM_BPF_RECENT_H
#define TSEM_BPF_RECENT_H

#include "kernel.h"
#include "maps.h"
#include "sequence.h"

#define RECENT_PART 8 /* words that are taken at a time */
#define RECENT_PARTS (TSEM_RECENT_CELL / 8 / RECENT_PART)
_Static_assert(TSEM_RECENT_CELL <= TSEM_SEEN_SHORT, "the CELL is cleared so far before it is written");

INLINE __u64 event_head(const struct tsem_event *e)
{
	return (__u64)e->record.event << 32 | e->record.cell_size;
}

/* Where the event belongs. The CELL's end is zeros, so that whole parts can be taken. */
INLINE struct tsem_recent *recent_place(const struct tsem_event *e)
{
	const tsem_word64 *cell = (const tsem_word64 *)e->cell;
	__u64 mixed = e->who * 0x9e3779b97f4a7c15ULL ^ event_head(e);
	__u32 place;

	for (int part = 0; part < RECENT_PARTS; part++) {
		if (part && e->record.cell_size <= part * RECENT_PART * 8)
			break;
		for (int i = 0; i < RECENT_PART; i++)
			mixed = (mixed ^ cell[part * RECENT_PART + i]) * 0xff51afd7ed558ccdULL;
	}
	place = mixed >> 54; /* the upper bits depend on all of it */
	return bpf_map_lookup_elem(&tsem_recents, &place);
}
_Static_assert(TSEM_RECENT_PLACES == 1 << 10, "ten bits of the mixture are the place");

__attribute__((noinline)) int recent_has(const struct tsem_event *e)
{
	volatile struct tsem_recent *r;
	__u64 version, different;

	if (!e || !e->who || e->record.cell_size > TSEM_RECENT_CELL)
		return 0;
	r = recent_place(e);
	if (!r)
		return 0;
	version = sequence_read(&r->version);
	different = (r->who ^ e->who) | (r->head ^ event_head(e));
	for (int part = 0; part < RECENT_PARTS; part++) {
		if (part && e->record.cell_size <= part * RECENT_PART * 8)
			break;
		for (int i = part * RECENT_PART; i < (part + 1) * RECENT_PART; i++)
			different |= r->cell[i] ^ ((const tsem_word64 *)e->cell)[i];
	}
	return !different & sequence_same(&r->version, version);
}

__attribute__((noinline)) int recent_keep(const struct tsem_event *e)
{
	struct tsem_recent *r;

	if (!e || !e->who || e->record.cell_size > TSEM_RECENT_CELL)
		return 0;
	r = recent_place(e);
	if (!r || !sequence_write(&r->version))
		return 0;
	r->who = e->who;
	r->head = event_head(e);
	tsem_words_copy(r->cell, e->cell, TSEM_RECENT_CELL);
	sequence_written(&r->version);
	return 0;
}

#endif
