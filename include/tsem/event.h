/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Security events: their names, their records, their JSON, their words. */
#ifndef TSEM_EVENT_H
#define TSEM_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/record.h"
#include "buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* NULL when there is no event of that number. */
const char *tsem_event_name(unsigned number);
/* 0 when there is no event of that name. */
unsigned tsem_event_number(const char *name);
/* One of the class names of events.def in lower case ("file", "process", ...), NULL when there is no such event. */
const char *tsem_event_class(unsigned number);
/* TSEM_CLASS_*; TSEM_CLASS_COUNT when there is no such event. */
unsigned tsem_event_class_number(unsigned number);

/*
 * Checks that size bytes are one whole record: head, known event, and a CELL
 * that decodes to its last byte by the event's row. A record with
 * TSEM_RECORD_FAILED may have a CELL that is cut anywhere.
 */
int tsem_record_check(const void *bytes, size_t size, struct tsem_error *error);

/* Appends the event as one line of JSON without a newline. The record has been checked. */
void tsem_record_to_json(const struct tsem_record *record, struct tsem_buffer *buffer);
/* The same with more members in "export": JSON that begins with a comma (,"host":"web1"). */
void tsem_record_to_json_of(const struct tsem_record *record, const char *members, size_t members_size,
			    struct tsem_buffer *buffer);

/*
 * Parses the text of tsem_record_to_json. The caller frees *ret_record with free(). Errors name the position in bytes.
 */
int tsem_record_from_json(const char *text, size_t size, struct tsem_record **ret_record, struct tsem_error *error);

/*
 * Appends the action of the event, as the end of a sentence that begins with a program ("opens /etc/passwd for
 * reading", "connects to 127.0.0.1 port 80"). Control characters and bytes that are not UTF-8 are escaped.
 */
void tsem_record_describe(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Appends the path (or name) of the object that the event is about, escaped as above; nothing when it has none. */
void tsem_record_object(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Computes the coefficient from the record's own fields (docs/coefficients.md). */
void tsem_record_coefficient(const struct tsem_record *record, tsem_u8 ret_coefficient[TSEM_DIGEST_SIZE]);

/*
 * How far two events are apart, as weighted number of differing fields; 0 when
 * equal, and events of different kinds are farther than any two of one kind.
 * For the search of the nearest allowed event.
 */
unsigned tsem_record_distance(const struct tsem_record *a, const struct tsem_record *b);

/* Appends the names and values of the fields in which b differs from a, in words. Returns how many there are. */
unsigned tsem_record_difference(const struct tsem_record *a, const struct tsem_record *b, struct tsem_buffer *buffer);

#ifdef __cplusplus
}
#endif

#endif
