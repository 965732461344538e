/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the collector looks up, in constant time whatever is sent to it. */
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

/* same(): whether that entry is the one. INDEX_NONE: there is none. */
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
 * What is known of the contents that came under that number: the same came (1), only others did (-1), nothing is known
 * of it any more (0).
 */
int seen_compare(const struct seen *seen, tsem_u32 stream, tsem_u64 number, tsem_u64 digest);

#endif
