/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An event from its line of JSON (docs/json.md). Fields are hashed in the order of the schema, but members may come in
 * any order. The reader first assumes the order and spacing of tsem's own writer. When that does not fit, it looks the
 * members up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "json_value.h"

#define MEMBER_LIMIT 32 /* known members of one object */

static bool read_object(struct json_reader *reader, const struct shape *shape);

static bool read_member(struct json_reader *reader, const struct field *field)
{
	bool good;

	if (field->optional && !json_put(reader, &(tsem_u8){1}, 1))
		return false;
	good = field->type < FIELD_FIRST_SHAPE ? json_read_value(reader, field) :
						 read_object(reader, &schema_shapes[field->type]);
	if (!good && !reader->scan.member)
		reader->scan.member = field->name;
	return good;
}

/* ---- members in order: false without an error when they are not ---- */

static bool match_key(struct json_reader *reader, const struct field *field, bool first)
{
	const char *at = reader->scan.at;
	size_t size = field->name_size + 3, left = reader->scan.end - at;

	if (left < size + !first || (!first && *at++ != ',') || memcmp(at, field->key, size) != 0)
		return false;
	reader->scan.at = at + size;
	return true;
}

static bool read_ordered_fields(struct json_reader *reader, const struct field *field, bool *first)
{
	for (; field->type != FIELD_END; field++) {
		if (match_key(reader, field, *first)) {
			if (!read_member(reader, field))
				return false;
			*first = false;
		} else if (!field->optional || !json_put(reader, &(tsem_u8){0}, 1)) {
			return false;
		}
	}
	return true;
}

static bool read_ordered_choice(struct json_reader *reader, const struct choice *choice, bool *first)
{
	const char *at = reader->scan.at;

	for (; choice->fields; choice++) {
		if (!match_key(reader, choice->fields, *first))
			continue;
		reader->scan.at = at;
		return json_put(reader, &choice->tag, 1) && read_ordered_fields(reader, choice->fields, first);
	}
	return false;
}

static bool read_ordered(struct json_reader *reader, const struct shape *shape)
{
	bool first = true;

	if (!read_ordered_fields(reader, shape->fields, &first) ||
	    (shape->choices && !read_ordered_choice(reader, shape->choices, &first)))
		return false;
	if (reader->scan.at == reader->scan.end || *reader->scan.at != '}')
		return false;
	reader->scan.at++;
	return true;
}

/* ---- members in any order ---- */

struct members {
	const struct field *fields[MEMBER_LIMIT];
	const char *values[MEMBER_LIMIT]; /* where they begin, NULL: not there */
	unsigned count;
};

static void list_members(struct members *members, const struct field *field)
{
	for (; field->type != FIELD_END && members->count < MEMBER_LIMIT; field++)
		members->fields[members->count++] = field;
}

static bool note_member(struct json_reader *reader, struct members *members, const tsem_u8 *key, size_t size)
{
	for (unsigned i = 0; i < members->count; i++) {
		const struct field *field = members->fields[i];

		if (field->name_size != size || memcmp(field->name, key, size) != 0)
			continue;
		if (members->values[i])
			return scan_fail(&reader->scan, field->name, "this member is there twice");
		members->values[i] = reader->scan.at;
	}
	return scan_skip(&reader->scan);
}

/* From after the opening brace to after the closing one. */
static bool index_members(struct json_reader *reader, struct members *members)
{
	struct scanner *scan = &reader->scan;
	tsem_u8 key[64];
	size_t size;

	memset(members->values, 0, sizeof(members->values));
	if (scan_accept(scan, '}'))
		return true;
	do {
		if (!scan_string(scan, key, sizeof(key), false, &size) || !scan_expect(scan, ':') ||
		    !note_member(reader, members, key, size))
			return false;
	} while (scan_accept(scan, ','));
	return scan_expect(scan, '}');
}

/* Reads the fields whose members begin at *index. */
static bool read_listed_fields(struct json_reader *reader, const struct members *members, const struct field *field,
			       unsigned *index)
{
	for (; field->type != FIELD_END; field++, ++*index) {
		if (members->values[*index]) {
			reader->scan.at = members->values[*index];
			if (!read_member(reader, field))
				return false;
		} else if (!field->optional) {
			return scan_fail(&reader->scan, field->name, "this member is missing");
		} else if (!json_put(reader, &(tsem_u8){0}, 1)) {
			return false;
		}
	}
	return true;
}

static unsigned count_fields(const struct field *field)
{
	unsigned count = 0;

	while (field[count].type != FIELD_END)
		count++;
	return count;
}

/* The one choice of which there are members. */
static bool read_listed_choice(struct json_reader *reader, const struct members *members, const struct choice *choice,
			       unsigned index)
{
	const struct choice *chosen = NULL;
	unsigned chosen_index = 0;

	for (unsigned i = index; choice->fields; index = i, choice++) {
		for (unsigned end = i + count_fields(choice->fields); i < end; i++) {
			if (!members->values[i] || chosen == choice)
				continue;
			if (chosen)
				return scan_fail(&reader->scan, members->fields[i]->name,
						 "this member excludes another one that is there");
			chosen = choice;
			chosen_index = index;
		}
	}
	if (!chosen)
		return scan_fail(&reader->scan, NULL, "no member names its kind");
	return json_put(reader, &chosen->tag, 1) && read_listed_fields(reader, members, chosen->fields, &chosen_index);
}

static bool read_listed(struct json_reader *reader, const struct shape *shape)
{
	struct members members = {.count = 0};
	const char *end, *start = reader->scan.at;
	unsigned index = 0;

	list_members(&members, shape->fields);
	for (const struct choice *choice = shape->choices; choice && choice->fields; choice++)
		list_members(&members, choice->fields);
	if (!index_members(reader, &members))
		return false;
	end = reader->scan.at;
	reader->scan.at = start;
	if (!read_listed_fields(reader, &members, shape->fields, &index) ||
	    (shape->choices && !read_listed_choice(reader, &members, shape->choices, index)))
		return false;
	reader->scan.at = end;
	return true;
}

static bool read_object(struct json_reader *reader, const struct shape *shape)
{
	size_t size = reader->size;
	const char *start;

	if (!scan_expect(&reader->scan, '{'))
		return false;
	start = reader->scan.at;
	if (read_ordered(reader, shape))
		return true;
	if (reader->scan.reason)
		return false;
	reader->scan.at = start;
	reader->size = size;
	return read_listed(reader, shape);
}

/* ---- the line ---- */

enum part { PART_EXPORT, PART_HEAD, PART_COE, PART_CELL, PART_COUNT };

struct json_event {
	struct json_reader reader;
	struct tsem_record record;
	tsem_u8 cell[TSEM_CELL_MAX];
	tsem_u8 head[CODEC_HEAD_SIZE];
};

static bool read_into(struct json_reader *reader, void *bytes, size_t limit, const struct shape *shape)
{
	reader->out = bytes;
	reader->size = 0;
	reader->limit = limit;
	return read_object(reader, shape);
}

static bool read_head(struct json_event *event)
{
	if (!read_into(&event->reader, event->head, sizeof(event->head), &schema_head))
		return false;
	return codec_head_unpack(event->head, &event->record) ||
	       scan_fail(&event->reader.scan, "coefficient",
			 event->record.flags & TSEM_RECORD_BARE ? "the flags say that there is none" :
								  "this member is missing");
}

/* A failed event may have a CELL that is cut, and then is given as bytes. */
static bool has_cut(struct json_reader *reader)
{
	struct members members = {.count = 0};
	const char *start = reader->scan.at;
	bool found;

	list_members(&members, schema_cut.fields);
	found = scan_expect(&reader->scan, '{') && index_members(reader, &members) && members.values[0];
	reader->scan.at = start;
	return found;
}

static bool read_cell(struct json_event *event)
{
	const struct shape *shape = &schema_events[event->record.event].shape;

	if (event->record.flags & TSEM_RECORD_FAILED && has_cut(&event->reader))
		shape = &schema_cut;
	if (event->reader.scan.reason || !read_into(&event->reader, event->cell, sizeof(event->cell), shape))
		return false;
	event->record.cell_size = event->reader.size;
	return true;
}

static bool read_part(struct json_event *event, enum part part)
{
	struct json_reader *reader = &event->reader;

	switch (part) {
	case PART_EXPORT:
		return read_into(reader, event->head, sizeof(event->head), &schema_export);
	case PART_HEAD:
		return read_head(event);
	case PART_COE:
		return read_into(reader, &event->record.coe, sizeof(event->record.coe), &schema_coe);
	default:
		return read_cell(event);
	}
}

static const struct field *part_field(const struct json_event *event, enum part part)
{
	return part < PART_CELL ? &schema_line[part] : &schema_events[event->record.event].cell;
}

static bool read_line_ordered(struct json_event *event)
{
	struct scanner *scan = &event->reader.scan;

	for (enum part part = 0; part < PART_COUNT; part++)
		if (!match_key(&event->reader, part_field(event, part), part == 0) || !read_part(event, part))
			return false;
	return scan->at < scan->end && *scan->at++ == '}';
}

static bool read_line_part(struct json_event *event, const struct members *members, enum part part)
{
	if (!members->values[part])
		return scan_fail(&event->reader.scan, members->fields[part]->name, "this member is missing");
	event->reader.scan.at = members->values[part];
	return read_part(event, part);
}

/* The name of the member with the CELL is known only when the head has been read. */
static bool read_line_listed(struct json_event *event)
{
	struct scanner *scan = &event->reader.scan;
	struct members members = {.count = 0};
	const char *start = scan->at, *end;

	list_members(&members, schema_line);
	if (!index_members(&event->reader, &members) || !read_line_part(event, &members, PART_HEAD))
		return false;
	scan->at = start;
	members.fields[members.count++] = part_field(event, PART_CELL);
	if (!index_members(&event->reader, &members))
		return false;
	end = scan->at;
	for (enum part part = 0; part < PART_COUNT; part++)
		if (part != PART_HEAD && !read_line_part(event, &members, part))
			return false;
	scan->at = end;
	return true;
}

static bool read_line(struct json_event *event)
{
	struct scanner *scan = &event->reader.scan;
	const char *start;

	if (!scan_expect(scan, '{'))
		return false;
	start = scan->at;
	if (!read_line_ordered(event)) {
		if (scan->reason)
			return false;
		scan->at = start;
		if (!read_line_listed(event))
			return false;
	}
	scan_space(scan);
	return scan->at == scan->end || scan_fail(scan, NULL, "there is text after the event");
}

static int copy_record(const struct json_event *event, struct tsem_record **ret_record, struct tsem_error *error)
{
	size_t size = sizeof(event->record) + event->record.cell_size;
	struct tsem_record *record = malloc(size);
	int result;

	if (!record)
		return tsem_error_set(error, ENOMEM, "event: out of memory");
	*record = event->record;
	record->size = size;
	record->version = TSEM_RECORD_VERSION;
	memcpy(record + 1, event->cell, record->cell_size);
	result = tsem_record_check(record, size, error);
	if (result < 0)
		free(record);
	else
		*ret_record = record;
	return result;
}

int tsem_record_from_json(const char *text, size_t size, struct tsem_record **ret_record, struct tsem_error *error)
{
	struct json_event event;
	struct scanner *scan = &event.reader.scan;

	event.reader.scan = (struct scanner){.start = text, .at = text, .end = text + size};
	event.record = (struct tsem_record){0};
	if (read_line(&event))
		return copy_record(&event, ret_record, error);
	return tsem_error_set(error, EBADMSG, "event, byte %zu: %s%s%s", (size_t)(scan->where - text),
			      scan->member ? scan->member : "", scan->member ? ": " : "", scan->reason);
}
