/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events on their way out of tsem, as JSON lines. */
#ifndef TSEM_CLI_STREAM_H
#define TSEM_CLI_STREAM_H

#include "../lib/tsem.h"

struct stream {
	const char *path; /* for messages */
	int fd;
	struct tsem_buffer lines; /* not written yet */
	size_t waiting;           /* lines in it */
	bool failed;
	struct tsem_orchestrator *orchestrator; /* is told what could not be written; may be NULL */
	struct tsem_error *error;
};

/* path NULL: standard output. A file is appended to, a line at a time: a full disk leaves whole lines. */
int stream_open(struct stream *stream, const char *path, struct tsem_error *error);
/* A tsem_record_fn whose context is the stream. */
int stream_record(void *stream, const struct tsem_record *record);
int stream_flush(struct stream *stream);
/* Flushes. r is returned when it is an error already. */
int stream_close(struct stream *stream, int r);

/* The three counts, on standard error. */
void stream_counts(const struct tsem_namespace *status);

#endif
