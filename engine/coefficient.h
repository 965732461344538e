/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a described event to its coefficient (docs/coefficients.md). */
#ifndef TSEM_ENGINE_COEFFICIENT_H
#define TSEM_ENGINE_COEFFICIENT_H

#include "event.h"

/*
 * Digest of the size bytes at offset of the event's own memory, which is
 * padded in place: TSEM_HASH_PADDING bytes behind it are overwritten. The result is in
 * e->sha.h. In the kernel a function of its own, so that the verifier walks
 * it once for each program.
 */
TSEM_FUNCTION event_hash(struct tsem_event *e, tsem_u32 offset, tsem_u32 size)
{
	struct tsem_hashing hashing = {.event = e, .offset = offset};
	tsem_u32 blocks = (size + 9 + 63) / 64, end = offset + size, last = offset + blocks * 64 - 4;
	tsem_u8 *memory = (tsem_u8 *)e;

	if (!e || size > TSEM_CELL_MAX || end > sizeof(*e) - 128 || last > sizeof(*e) - 4)
		return -1; /* not reached: it is the proof that the verifier asks for */
	for (int i = 0; i < TSEM_HASH_PADDING; i += 8)
		TSEM_STORE(64, memory + end + i, 0);
	memory[end] = 0x80;
	*(tsem_u32 *)(memory + last) = TSEM_SWAP32(size << 3);
	tsem_sha256_init(&e->sha);
	TSEM_LOOP(blocks, event_hash_block, &hashing);
	return 0;
}

/* The digest that event_hash left, as bytes. */
static TSEM_INLINE void event_digest(const struct tsem_event *e, tsem_u8 *ret_digest)
{
	for (int i = 0; i < 8; i++)
		((tsem_u32 *)ret_digest)[i] = TSEM_SWAP32(e->sha.h[i]);
}

/* Digests of the two variable parts: CELL and COE. */
static TSEM_INLINE void event_hash_parts(struct tsem_event *e)
{
	event_hash(e, TSEM_OFFSET_CELL, e->record.cell_size);
	event_digest(e, e->cell_digest);
	tsem_words_copy(e->fold, &e->record.coe, sizeof(e->record.coe));
	event_hash(e, TSEM_OFFSET_FOLD, sizeof(e->record.coe));
	event_digest(e, e->coe_digest);
}

/* H(name || ptask_id || task_id || H(COE) || H(CELL)); a NULL task_id is the zero digest. */
static TSEM_INLINE void event_fold(struct tsem_event *e, const tsem_u8 *name_digest, const tsem_u8 *ptask_id,
				   const tsem_u8 *task_id, tsem_u8 *ret_digest)
{
	tsem_digest_copy(e->fold, name_digest);
	tsem_digest_copy(e->fold + 32, ptask_id);
	if (task_id)
		tsem_digest_copy(e->fold + 64, task_id);
	else
		tsem_words_clear(e->fold + 64, TSEM_DIGEST_SIZE);
	tsem_digest_copy(e->fold + 96, e->coe_digest);
	tsem_digest_copy(e->fold + 128, e->cell_digest);
	event_hash(e, TSEM_OFFSET_FOLD, 5 * TSEM_DIGEST_SIZE);
	event_digest(e, ret_digest);
}

/*
 * Fills record.coefficient. For an exec, record.task_id on entry is ignored
 * and becomes the TASK_ID that the exec produces.
 */
static TSEM_INLINE void event_coefficient(struct tsem_event *e, const tsem_u8 *name_digest)
{
	struct tsem_record *r = &e->record;

	event_hash_parts(e);
	if (r->event == TSEM_EVENT_bprm_committed_creds)
		event_fold(e, name_digest, r->ptask_id, (void *)0, r->task_id);
	event_fold(e, name_digest, r->ptask_id, r->task_id, r->coefficient);
}

#endif
