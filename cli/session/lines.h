/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines of a file, one after the other, however long a writer makes them: the only way in which commands read events.
 * Every wait can be interrupted.
 */
#ifndef TSEM_CLI_LINES_H
#define TSEM_CLI_LINES_H

#include "../../lib/tsem.h"

#define LINE_SIZE_MAX (1u << 20) /* longer than any line of tsem */

struct lines {
	const char *path; /* for messages */
	int fd;
	int signals; /* readable when a signal may ask to end; -1: never */
	bool (*ends)(void *context); /* whether that was it */
	void *context;
	tsem_u64 number; /* of the line that was given out last */
	bool interrupted;

	/* private */
	char *bytes;
	size_t from, size;
	bool skipping, ended;
};

/* path "-": standard input. No wait can be interrupted until signals, ends and context are set. */
int lines_open(const char *path, struct lines *ret_lines, struct tsem_error *error);
void lines_close(struct lines *lines);
/*
 * 1: a line without its end, in the buffer until the next call; -EMSGSIZE without an error: one that is longer than any,
 * which is left out; 0: the end, or an interruption; any other: an error.
 */
int lines_next(struct lines *lines, const char **ret_text, size_t *ret_size, struct tsem_error *error);
/* Whether output to path, or without path to the descriptor, would be read here again, without end. */
bool lines_lead_to(const struct lines *lines, const char *path, int otherwise);

#endif
