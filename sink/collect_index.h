/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The collector's look-ups, in constant time for any input. */
#ifndef TSEM_SINK_COLLECT_INDEX_H
#define TSEM_SINK_COLLECT_INDEX_H

#include "../lib/base/keyed.h"

/* ---- things by their names: numbers of entries in an array of the caller's ---- */

struct index {
	tsem_u32 *slots; /* number + 1; 0: free */
	tsem_u32 *tags; /* of the hash of each slot */
	size_t room, count;
};

#define INDEX_NONE ((tsem_u32)-1)

/* same(): whether that entry matches. INDEX_NONE: no entry matches. */
tsem_u32 index_find(const struct index *index, tsem_u64 hash, bool (*same)(const void *context, tsem_u32 number),
		    const void *context);
/* It must not be there yet. False when there is no memory. */
bool index_add(struct index *index, tsem_u64 hash, tsem_u32 number);
void index_deinit(struct index *index);

/* ---- contents of the last events ---- */

struct seen;

/* limit: a power of two. */
struct seen *seen_create(tsem_u32 limit, const struct keyed *key);
void seen_destroy(struct seen *seen);
/* False when there is no memory. */
bool seen_digest(struct seen *seen, const char *text, size_t size, tsem_u64 *ret_digest);
void seen_add(struct seen *seen, tsem_u32 stream, tsem_u64 number, tsem_u64 digest);
/*
 * Compares with the contents known under that number: 1 the same came before, -1 only others did, 0 nothing is known
 * any more.
 */
int seen_compare(const struct seen *seen, tsem_u32 stream, tsem_u64 number, tsem_u64 digest);

#endif
