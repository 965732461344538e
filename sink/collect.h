/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams of many hosts, put together again: which lines are new, and which
 * numbers of which namespace on which host never came.
 */
#ifndef TSEM_SINK_COLLECT_H
#define TSEM_SINK_COLLECT_H

#include "line.h"

struct collector;

struct collect_range {
	tsem_u64 from, to;
};

struct collect_stream {
	struct sink_identity identity;
	tsem_u64 context;
	struct collect_range *ranges; /* of numbers that came, ascending */
	size_t count, capacity;
	tsem_u64 named; /* gaps up to this number were told of */
	tsem_u64 last;	/* the last number there is; 0: not known yet */
	tsem_u64 events, duplicates;
	tsem_u64 late;	/* came after they had been told of as missing */
};

enum collect_verdict { COLLECT_NEW, COLLECT_DUPLICATE, COLLECT_OTHER, COLLECT_BAD };

typedef void (*collect_gap_fn)(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to);

struct collector *collector_create(void);
void collector_destroy(struct collector *collector);
/* COLLECT_OTHER: no event, but known. COLLECT_BAD: with an error; also out of memory. */
enum collect_verdict collector_take(struct collector *collector, const char *text, size_t size, struct tsem_error *error);
/*
 * Tells of each gap once: those that window later numbers have passed, or, at the end, of all. A gap may still close
 * later.
 */
void collector_gaps(struct collector *collector, tsem_u64 window, bool end, collect_gap_fn fn, void *context);
/* NULL behind the last one. */
const struct collect_stream *collector_stream(const struct collector *collector, size_t index);
/* All gaps that there are now. Returns how many numbers are missing. */
tsem_u64 collect_missing(const struct collect_stream *stream, collect_gap_fn fn, void *context);

#endif
