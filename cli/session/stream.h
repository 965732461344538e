/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events on their way out of tsem, as lines: to a file descriptor, or by a carrier to a sink. */
#ifndef TSEM_CLI_STREAM_H
#define TSEM_CLI_STREAM_H

#include "../../sink/carrier.h"
#include "outlet.h"
#include "../../sink/format.h"

struct stream_options {
	const char *path; /* NULL: standard output */
	const char *url; /* NULL: to path */
	const char *spool;
	tsem_u64 spool_size;
	bool drop; /* see carrier.h */
	enum format_kind format;
	const char *name; /* of the namespace */
	bool resume; /* leave out events that, by the spool, an earlier run took */
	unsigned linger; /* seconds without progress that the end waits for the sink */
	int signals; /* signalfd of stream_signals(), or -1; with ends, what is readable when there is a reason to ask that */
	bool (*ends)(void); /* whether a wait has to end; NULL: by the signals */
	const struct sink_knowledge *knowledge; /* borrowed; may be NULL */
};

struct stream {
	const char *path; /* for messages */
	struct outlet outlet; /* without a carrier */
	struct tsem_buffer lines; /* not written yet */
	size_t waiting; /* lines in it */
	bool failed, at_once; /* at_once: each line is written as it comes */
	struct tsem_orchestrator *orchestrator; /* gets write errors; may be NULL */
	struct tsem_error *error;
	struct sink_format format;
	struct stream_options options;
	/* Of a carrier: */
	struct carrier *carrier;
	struct spool_found found;
	tsem_u64 context; /* of the last event */
	tsem_u64 first, last; /* numbers: our first one and the last existing one; unless they are of many namespaces */
	tsem_u64 skipped; /* taken by an earlier run */
	bool many, ended, interrupted; /* ended: there will be no event after last */
	struct sink_identity owed; /* its line comes before the next event; epoch 0: none */
};

/* path NULL: standard output. A file is appended to, a line at a time: a full disk leaves whole lines. */
int stream_open(struct stream *stream, const char *path, struct tsem_error *error);
int stream_open_with(struct stream *stream, const struct stream_options *options, struct tsem_error *error);
/* No workload reaches the process that talks to a broker, until orchestrator is NULL: before it ends. */
void stream_guard(struct stream *stream, struct tsem_orchestrator *orchestrator);
/* A tsem_record_fn whose context is the stream. */
int stream_record(void *stream, const struct tsem_record *record);
int stream_flush(struct stream *stream);
/* The lines that come are of format.identity, which the carrier has not told yet. */
int stream_owe_identity(struct stream *stream);
/*
 * Before the orchestrator ends: writes what waits, and from now on each of the last records as it comes, so that the
 * counts that the orchestrator leaves say what came out. Returns r when it is already an error.
 */
int stream_last(struct stream *stream, int r);
/* Sends, by a carrier, that the namespace has ended with the event last. */
int stream_end_of(struct stream *stream, tsem_u64 context, tsem_u64 last);
/* Flushes, and waits for the sink; with a carrier it prints the counts. Returns r when it is already an error. */
int stream_close(struct stream *stream, int r);

/* Blocks the signals that end an export or ask for its counts. A descriptor to read them from. */
int stream_signals(struct tsem_error *error);
/* Answers a request for the counts; status: of a stream without a carrier. True when tsem has to end. */
bool stream_take_signals(struct stream *stream, const struct tsem_status *status);

/* The three counts, on standard error. */
void stream_counts(const struct tsem_status *status);

#endif
