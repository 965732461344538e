/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * abi/events.def and abi/fields.def as tables. A shape is a list of fields in
 * hashing order, then perhaps a choice: one byte of tag, then the fields of the
 * choice with that tag.
 */
#ifndef TSEM_LIB_SCHEMA_H
#define TSEM_LIB_SCHEMA_H

#include "../tsem.h"

enum field_type {
	FIELD_END, /* ends a list */
	/* values that events.def names */
	FIELD_U16,
	FIELD_U32,
	FIELD_S32,
	FIELD_U64,
	FIELD_X32,
	FIELD_X64,
	FIELD_MODE,
	FIELD_STR,
	FIELD_BYTES, /* as STR, but NULs may occur */
	FIELD_DIGEST,
	FIELD_UUID,
	/* values inside PATH and ADDR */
	FIELD_PATH_TYPE,
	FIELD_PORT,
	FIELD_IPV4,
	FIELD_IPV6,
	/* values of the head of an event, and the undecoded CELL of a failed one */
	FIELD_COMM,
	FIELD_EVENT,
	FIELD_FAILURE,
	FIELD_EXPORT,
	FIELD_HEX,
	/* shapes */
	FIELD_DEVICE,
	FIELD_INET,
	FIELD_INET6,
	FIELD_UNIX,
	FIELD_OTHER,
	FIELD_PATH,
	FIELD_ADDR,
#define TSEM_COMPOSITE(type, members) FIELD_##type,
#include "../../abi/fields.def"
#undef TSEM_COMPOSITE
	FIELD_LIMIT,
	FIELD_FIRST_SHAPE = FIELD_DEVICE
};

struct field {
	tsem_u8 type;
	tsem_u8 optional;
	tsem_u16 name_size;
	const char *name;
	const char *key; /* "name": as JSON has it, name_size + 3 bytes */
};

struct choice {
	tsem_u8 tag;
	const struct field *fields; /* the first one is not optional: it tells the choices apart */
};

struct shape {
	const struct field *fields;
	const struct choice *choices; /* NULL: none; ends with fields == NULL */
};

struct event_row {
	const char *name;
	unsigned class; /* TSEM_CLASS_* */
	struct field cell; /* as a member of the JSON line */
	struct shape shape;
};

extern const struct shape schema_shapes[FIELD_LIMIT]; /* by field_type, from FIELD_FIRST_SHAPE */
extern const struct event_row schema_events[TSEM_EVENT_LIMIT];

/* The "export", "event" and "COE" members of the JSON line. */
extern const struct field schema_line[];
extern const struct shape schema_export, schema_head, schema_coe, schema_cut;

/* The word of a TSEM_CLASS_*; NULL when there is no such class. */
const char *schema_class_name(unsigned class);
/* NULL when there is no such event. */
const char *schema_failure(tsem_u32 number);
tsem_u32 schema_failure_number(const char *name);

static inline const struct event_row *schema_event(unsigned number)
{
	return number < TSEM_EVENT_LIMIT && schema_events[number].name ? &schema_events[number] : NULL;
}

#endif
