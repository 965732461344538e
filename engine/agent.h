/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A modeling namespace as a trusted modeling agent outside the kernel keeps it:
 * its coefficients, what was seen of them, and the verdict on an event.
 *
 * All memory is one piece of the caller's. The time for an event does not
 * depend on how many came before.
 */
#ifndef TSEM_ENGINE_AGENT_H
#define TSEM_ENGINE_AGENT_H

#include "../abi/namespace.h"
#include "../abi/record.h"
#include "hash.h"
#include "shape.h"

#define AGENT_PSEUDONYMS_MAX 256u
#define AGENT_POINTS_MAX (1u << 24)
#define AGENT_RECORDS_MAX (1ull << 36)

enum agent_status {
	AGENT_OK,
	AGENT_FULL, /* no room for it */
	AGENT_LATE, /* only before the first event, or before sealing */
	AGENT_MALFORMED, /* not a record, or a digest of another size */
	AGENT_BROKEN /* the digest function failed */
};

struct agent_limits {
	tsem_u32 points; /* coefficients, from 1 */
	tsem_u64 records; /* bytes for the descriptions of events */
};

#define AGENT_POINT_MODEL 0x1u /* in the model */
#define AGENT_POINT_FORENSICS 0x2u /* was a violation, or could not be modeled */

struct agent_point {
	tsem_u64 number; /* order of first appearance, from 1; 0: not seen */
	tsem_u64 count;
	tsem_u64 key; /* of the event that is kept, see agent.c */
	tsem_u64 record; /* where it is kept, plus 1; 0: it is not */
	tsem_u32 flags;
	tsem_u32 violations;
};

/* The kernel's identity of a program, and that of the namespace's own digest function. */
struct agent_task {
	tsem_u8 kernel[TSEM_DIGEST_SIZE];
	tsem_u8 own[TSEM_HASH_SIZE_MAX];
};

struct agent {
	const struct tsem_hash *hash;
	struct agent_limits limits;
	tsem_u64 seed; /* of the tables, so that an outsider cannot fill one of their rows */
	tsem_u32 mode; /* TSEM_MODE_FREE, _SEALED, _ENFORCING */
	tsem_u32 count, seen, task_count, pseudonym_count;
	tsem_u32 mask, task_mask; /* of the two tables of points, and that of programs */
	tsem_u64 used; /* of records */
	tsem_u64 events, violations, lost_points, lost_records;
	struct agent_point *points;
	tsem_u32 *by_coefficient, *by_key; /* index + 1 */
	tsem_u32 *order; /* room for sorting */
	struct agent_task *tasks;
	tsem_u8 *coefficients, *names, *records, *cell, *pseudonyms;
	tsem_u8 base[TSEM_HASH_SIZE_MAX], aggregate[TSEM_HASH_SIZE_MAX], measurement[TSEM_HASH_SIZE_MAX];
	struct tsem_coe coe; /* the last one, and its digest */
	tsem_u8 coe_digest[TSEM_HASH_SIZE_MAX];
	tsem_u32 coe_known;
	tsem_u32 state_known; /* the state is that of now: no coefficient has come since it was asked for */
	tsem_u8 state[TSEM_HASH_SIZE_MAX];
};

struct agent_verdict {
	tsem_u8 trusted;
	tsem_u8 same; /* will be the same for this exact event of a trusted task, for good */
	tsem_u16 reason;
	const tsem_u8 *coefficient; /* hash->size bytes, NULL when there is no coefficient; valid until the next call */
};

/* Bytes that a namespace with these limits needs. */
tsem_u64 agent_memory(const struct tsem_hash *hash, const struct agent_limits *limits);
/* memory is all zeros and aligned to 8. Seed is random. */
enum agent_status agent_init(struct agent *agent, const struct tsem_hash *hash, const struct agent_limits *limits,
			     tsem_u64 seed, void *memory);

/* Before the first event. digest has hash->size bytes. */
enum agent_status agent_base(struct agent *agent, const tsem_u8 *digest);
enum agent_status agent_aggregate(struct agent *agent, const tsem_u8 *digest);
/* H(u32 path length || path): the digest of the content of this path counts as zero. */
enum agent_status agent_pseudonym(struct agent *agent, const tsem_u8 *digest);

/* Before sealing: into the model, without having been seen. */
enum agent_status agent_load(struct agent *agent, const tsem_u8 *coefficient);
enum agent_status agent_teach(struct agent *agent, const void *record, tsem_u32 size);

/* Fails closed: any fault of the record means "untrusted". */
void agent_event(struct agent *agent, const void *record, tsem_u32 size, struct agent_verdict *ret_verdict);

/* docs/coefficients.md. ret_digest has room for hash->size bytes. */
enum agent_status agent_state(struct agent *agent, tsem_u8 *ret_digest);
enum agent_status agent_measurement(const struct agent *agent, tsem_u8 *ret_digest);

static inline const tsem_u8 *agent_coefficient(const struct agent *agent, tsem_u32 index)
{
	return agent->coefficients + (tsem_u64)index * agent->hash->size;
}

/* NULL when it is not kept. */
static inline const struct tsem_record *agent_record(const struct agent *agent, tsem_u32 index)
{
	tsem_u64 at = agent->points[index].record;

	return at ? (const struct tsem_record *)(agent->records + at - 1) : (void *)0;
}

#endif
