/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An event while it is described and hashed: working memory for one event, and
 * the canonical encoding of its CELL. The encoding is append-only with a sticky
 * error: the caller writes every field and looks at `failure` once, at the end.
 */
#ifndef TSEM_ENGINE_EVENT_H
#define TSEM_ENGINE_EVENT_H

#include "../abi/namespace.h"
#include "../abi/record.h"
#include "name_form.h"
#include "sha256.h"

/* One field may run over TSEM_CELL_MAX by this much before the overrun is noticed. */
#define TSEM_CELL_SLACK (TSEM_PATH_MAX + 1 + 2048 + 128)
#define TSEM_HASH_PADDING 72 /* so many bytes behind the hashed ones are overwritten */
#define TSEM_FOLD_SIZE (5 * TSEM_DIGEST_SIZE + TSEM_HASH_PADDING)

struct tsem_event {
	tsem_u64 busy; /* kernel side: taken from the pool */
	tsem_u64 root_changes; /* kernel side: the task's counter of changes of its root directory, when the last path was begun */
	tsem_u64 by_name; /* kernel side: the entry that was found by its name just now; 0: none */
	tsem_u64 forbidden; /* kernel side: refused in every mode, whatever the model has */
	tsem_u32 options; /* kernel side: the namespace's */
	tsem_u32 slot; /* kernel side: the namespace's */
	tsem_u32 path; /* kernel side: where in the CELL the last path is */
	tsem_u32 own; /* kernel side: 1: the CELL has what depends on the task beyond who */
	tsem_u32 trusted; /* kernel side: 1: the event was found in the model, and its task is trusted */
	tsem_u32 waits; /* kernel side: the hook may sleep, so that an agent outside can be waited for */
	tsem_u32 below; /* kernel side: see bpf/core/nameless.h, as the next */
	tsem_u32 nameless_size;
	tsem_u32 climbs; /* kernel side: the name at the tail leads up ("..") */
	tsem_u32 again; /* kernel side: see bpf/core/verdict.h */
	tsem_u32 deciding; /* kernel side: see bpf/decide.bpf.c */
	tsem_u32 : 32;
	tsem_u64 home; /* kernel side: see tsem_task */
	tsem_u64 who; /* kernel side: see tsem_seen; 0: not known */
	tsem_u64 next_who; /* kernel side: of an exec, who the task is behind it */
	struct {
		tsem_u64 use, access, content, roots, root_dentry, root_mnt, changes;
	} kept; /* kernel side: see bpf/core/verdict.h */
	struct tsem_sha256 sha;
	tsem_u8 cell_digest[TSEM_DIGEST_SIZE];
	tsem_u8 coe_digest[TSEM_DIGEST_SIZE];
	tsem_u8 fold[TSEM_FOLD_SIZE]; /* hashed with the two below through one offset */
	struct tsem_record record; /* record and cell leave the kernel in one piece */
	tsem_u8 cell[TSEM_CELL_MAX + TSEM_CELL_SLACK];
	struct name_form_state form; /* kernel side: of the rule that is looked for */
};
TSEM_LAYOUT(tsem_event, record, 160 + 128 + 64 + TSEM_FOLD_SIZE);
TSEM_LAYOUT(tsem_event, cell, 160 + 128 + 64 + TSEM_FOLD_SIZE + 224);

/* Keys of tsem_seen are made in place: before the CELL, and of who in the fold. */
_Static_assert(TSEM_FOLD_SIZE >= TSEM_SEEN_HEAD + TSEM_SEEN_SHORT, "who fits into the fold");
_Static_assert(TSEM_SEEN_SHORT >= 2 * TSEM_DIGEST_SIZE + sizeof(struct tsem_coe), "who fits into a short key");

#define TSEM_OFFSET_FOLD __builtin_offsetof(struct tsem_event, fold)
#define TSEM_OFFSET_CELL __builtin_offsetof(struct tsem_event, cell)

static TSEM_INLINE void event_fail(struct tsem_event *e, tsem_u32 failure)
{
	if (!e->record.failure)
		e->record.failure = failure;
}

/* Where the next byte goes; at least TSEM_CELL_SLACK bytes may be written there. */
static TSEM_INLINE tsem_u8 *cell_tail(struct tsem_event *e)
{
	return e->cell + TSEM_BOUND(e->record.cell_size, TSEM_CELL_MAX - 1);
}

static TSEM_INLINE void cell_advance(struct tsem_event *e, tsem_u32 size)
{
	if (e->record.cell_size + size >= TSEM_CELL_MAX)
		event_fail(e, TSEM_FAILURE_path);
	else
		e->record.cell_size += size;
}

#define TSEM_PUT(bits) \
	static TSEM_INLINE void cell_u##bits(struct tsem_event *e, tsem_u##bits value) \
	{ \
		TSEM_STORE(bits, cell_tail(e), value); \
		cell_advance(e, (bits) / 8); \
	}
TSEM_PUT(8)
TSEM_PUT(16)
TSEM_PUT(32)
TSEM_PUT(64)
#undef TSEM_PUT

static TSEM_INLINE void cell_digest(struct tsem_event *e, const tsem_u8 *digest)
{
	tsem_digest_copy(cell_tail(e), digest);
	cell_advance(e, TSEM_DIGEST_SIZE);
}

/* size is a constant of the caller, at most 64. */
static TSEM_INLINE void cell_bytes(struct tsem_event *e, const tsem_u8 *bytes, tsem_u32 size)
{
	__builtin_memcpy(cell_tail(e), bytes, size);
	cell_advance(e, size);
}

struct tsem_hashing {
	struct tsem_event *event;
	tsem_u32 offset;
};

static TSEM_LOOP_BODY event_hash_block(tsem_u32 turn, void *context)
{
	struct tsem_hashing *hashing = context;
	struct tsem_event *e = hashing->event;
	tsem_u32 offset = hashing->offset + turn * 64;
	const tsem_u32 *words;

	if (offset > sizeof(*e) - 64)
		return 1; /* not reached: it is the proof that the verifier asks for */
	words = (const tsem_u32 *)((const tsem_u8 *)e + offset);
	for (int i = 0; i < 16; i++)
		e->sha.w[i] = TSEM_SWAP32(words[i]);
	tsem_sha256_block(&e->sha);
	return 0;
}

#endif
