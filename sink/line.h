/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A received line: its origin and its number. */
#ifndef TSEM_SINK_LINE_H
#define TSEM_SINK_LINE_H

#include "sink.h"

enum line_kind { LINE_EVENT, LINE_STREAM, LINE_END, LINE_STATUS, LINE_KIND_COUNT };

struct sink_line {
	unsigned kind;
	bool identified; /* host, boot and namespace are there */
	struct sink_identity identity;
	tsem_u64 context, number; /* of the namespace and the event; of LINE_END: the last event there is */
};

/* The line is one JSON object with a known "export" and, for events and ends, an "event" with context and number. */
int sink_line_parse(const char *text, size_t size, struct sink_line *ret_line, struct tsem_error *error);

#endif
