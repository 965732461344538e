/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Carries lines to a sink, in a thread of its own, so that a sink that is slow,
 * hangs or is away never keeps the events' source waiting longer than it wants.
 * What the sink has not acknowledged stays in the spool and is put again after
 * an outage.
 *
 * taken + found = delivered + dropped + waiting, at any time.
 */
#ifndef TSEM_SINK_CARRIER_H
#define TSEM_SINK_CARRIER_H

#include "spool.h"

struct carrier;

struct carrier_options {
	const char *url;
	const char *spool; /* directory, or NULL */
	tsem_u64 spool_size;
	bool drop; /* a message that finds a full spool is dropped and counted, instead of waiting */
	struct sink_identity identity;
	const char *format; /* for the first line of each connection: "tsem" or "ocsf" */
	/* Called from the carrier's thread with a sentence about an outage or its end; may be NULL. */
	void (*say)(const char *text);
};

struct carrier_counts {
	tsem_u64 taken, found; /* found: in the spool, left by an earlier tsem */
	tsem_u64 delivered, dropped, waiting;
	tsem_u64 rejected; /* of those dropped: the other side will never take them */
};

/* Checks the URL; connects to nothing. */
int carrier_check(const char *url, struct tsem_error *error);
/* *ret_found: the content of the spool. The thread blocks the same signals as the caller. */
int carrier_create(const struct carrier_options *options, struct carrier **ret_carrier, struct spool_found *ret_found,
		   struct tsem_error *error);
/*
 * Takes a message. -EAGAIN: no room, after waiting for wait_ms. Without room and with drop, it counts the message as
 * dropped and returns 0; but 1 for a SINK_STREAM, which has to be there before the events that it holds for. Any other
 * error is final: it counts the message as dropped.
 */
int carrier_take(struct carrier *carrier, const struct sink_message *message, unsigned wait_ms,
		 struct tsem_error *error);
/* The caller gives up on a message that carrier_take() had no room for. */
void carrier_drop(struct carrier *carrier);
/*
 * fn is called for each process that the sink has or starts, until another fn is set; NULL: none. Afterwards context is
 * not used any more.
 */
void carrier_guard(struct carrier *carrier, int (*fn)(void *context, int pid, struct tsem_error *error), void *context);
void carrier_counts(struct carrier *carrier, struct carrier_counts *ret_counts);
/* True when nothing waits any more, or nothing can be delivered any more. Waits at most wait_ms. */
bool carrier_settled(struct carrier *carrier, unsigned wait_ms);
/*
 * Ends the thread. Waiting messages stay in the spool; without one they become dropped. *ret_counts is then final.
 * Returns the error that ended the carrying, if any.
 */
int carrier_destroy(struct carrier *carrier, struct carrier_counts *ret_counts, struct tsem_error *error);

#endif
