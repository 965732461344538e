/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams of many hosts, put together again: which lines are new, which
 * contradict others, and which numbers of which namespace on which host never
 * came.
 *
 * Whoever may write to the broker chooses what comes, so all that is kept has a
 * bound. What is beyond it is never dropped: it is handed on and counted.
 */
#ifndef TSEM_SINK_COLLECT_H
#define TSEM_SINK_COLLECT_H

#include "line.h"

#define COLLECT_STREAMS_MAX 262144u /* namespaces that are followed; of one host: */
#define COLLECT_STREAMS_OF_HOST 65536u
#define COLLECT_RANGES_MAX 4096u /* of numbers, between gaps, of one namespace */
#define COLLECT_RANGES_ALL (1u << 21) /* of all */
#define COLLECT_SEEN_MAX (1u << 22) /* events whose content is known, the last ones */
#define COLLECT_NUMBER_MAX (1ull << 62) /* of an event: more cannot be */

struct collector;

struct collect_range {
	tsem_u64 from, to;
};

struct collect_stream {
	struct sink_identity identity;
	tsem_u64 context;
	tsem_u32 id;
	struct collect_range *ranges; /* of numbers that came, ascending */
	size_t count, capacity;
	tsem_u64 named; /* gaps up to this number were reported */
	tsem_u64 due; /* the end of the first unreported gap; 0: none */
	tsem_u64 last; /* the last number there is; 0: not known yet */
	tsem_u64 events, duplicates;
	tsem_u64 late; /* came after they had been reported missing */
	tsem_u64 conflicts; /* contradict an earlier line */
	tsem_u64 uncompared; /* came before, with contents that are no longer known */
	tsem_u64 forgotten; /* missing, in gaps that are not kept any more */
	bool queued; /* for collector_gaps() */
};

enum collect_verdict {
	COLLECT_NEW,
	COLLECT_DUPLICATE, /* the same, to the byte */
	COLLECT_CONFLICT, /* contradicts an earlier line: keep both */
	COLLECT_UNCOMPARED, /* may be a duplicate: to be kept */
	COLLECT_UNFOLLOWED, /* of more namespaces than are followed: to be kept */
	COLLECT_MISPLACED, /* by a sender who may not write for that host */
	COLLECT_OTHER, /* no event, but known */
	COLLECT_BAD, /* with an error; also out of memory */
};

struct collect_listener {
	void *context;
	/* Each gap once, when window later numbers have passed, at the end, or when it is forgotten. It may still close. */
	void (*gap)(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to);
	/* end: a second end, or an event after the end. */
	void (*conflict)(void *context, const struct collect_stream *stream, tsem_u64 number, bool end);
};

/* layout: of topics, NULL: they are not checked; it must outlive the collector. */
struct collector *collector_create(tsem_u64 window, const struct sink_topic *layout,
				   const struct collect_listener *listener);
void collector_destroy(struct collector *collector);
/* topic NULL: the line comes from a source that nobody else can write to. */
enum collect_verdict collector_take(struct collector *collector, const char *topic, const char *text, size_t size,
				    struct tsem_error *error);
/* Reports gaps; end: all of them. */
void collector_gaps(struct collector *collector, bool end);
/* NULL after the last one. */
const struct collect_stream *collector_stream(const struct collector *collector, size_t index);
/* All present gaps. Returns the number of missing events, including those of forgotten gaps. */
tsem_u64 collect_missing(const struct collect_stream *stream,
			 void (*fn)(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to),
			 void *context);

#endif
