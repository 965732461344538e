/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The form of an event: as in docs/json.md, or in the classes of OCSF (ocsf.def). */
#ifndef TSEM_SINK_FORMAT_H
#define TSEM_SINK_FORMAT_H

#include "sink.h"

enum format_kind { FORMAT_TSEM, FORMAT_OCSF };

/*
 * Information that a record alone does not have: each function appends text, or nothing. Any may be NULL. program: the
 * path of the acting program. cmd_line: of the process that an exec has started. nearest: the nearest event that the
 * model of a violation allows, and the difference.
 */
struct sink_knowledge {
	void *context;
	void (*program)(void *context, const struct tsem_record *record, struct tsem_buffer *ret_path);
	void (*cmd_line)(void *context, const struct tsem_record *record, struct tsem_buffer *ret_line);
	void (*nearest)(void *context, const struct tsem_record *record, struct tsem_buffer *ret_nearest,
			struct tsem_buffer *ret_difference);
};

struct sink_format {
	enum format_kind kind;
	bool identified; /* tsem: host, boot and namespace are in each line */
	struct sink_identity identity;
	struct tsem_buffer members;
	struct tsem_buffer head, device; /* of OCSF: the constant part of all lines */
	const struct sink_knowledge *knowledge; /* borrowed; NULL: nothing more is known */
};

void sink_format_init(struct sink_format *format, enum format_kind kind, bool identified,
		      const struct sink_identity *identity);
void sink_format_deinit(struct sink_format *format);
/* Appends the line without a newline. */
void sink_format_record(const struct sink_format *format, const struct tsem_record *record, struct tsem_buffer *buffer);
/* The last line of a namespace that has ended; nothing for OCSF, which has no such thing. */
void sink_format_end(const struct sink_format *format, tsem_u64 context, tsem_u64 last, struct tsem_buffer *buffer);

/* OCSF, for format.c. */
void ocsf_prepare(struct sink_format *format);
void ocsf_record(const struct sink_format *format, const struct tsem_record *record, struct tsem_buffer *buffer);

#endif
