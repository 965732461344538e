/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The OCSF form of an event: its row of ocsf.def, or what follows from its row of abi/events.def. */
#ifndef TSEM_SINK_OCSF_ROWS_H
#define TSEM_SINK_OCSF_ROWS_H

struct sink_format;
struct tsem_buffer;
struct tsem_record;

enum ocsf_class {
	NONE = 0,
	FILES = 1001,
	EXTENSION = 1002,
	KERNEL = 1003,
	MEMORY = 1004,
	PROCESS = 1007,
	NETWORK = 4001
};

#define OCSF_OTHER 99

/* The columns of ocsf.def. label NULL: the event's own name. */
struct ocsf_row {
	unsigned class, activity;
	const char *label, *subject, *second;
	unsigned detail;
};

struct ocsf_row ocsf_row_of(unsigned event);
/*
 * For an event without a row in ocsf.def: the class of events.def, an activity named after the event, and the first
 * field that fits as the subject.
 */
struct ocsf_row ocsf_row_by_class(unsigned event);
/* As ocsf_record of format.h, with a row of the caller's. */
void ocsf_record_as(const struct sink_format *format, const struct tsem_record *record, struct ocsf_row row,
		    struct tsem_buffer *buffer);

#endif
