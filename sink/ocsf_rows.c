/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "ocsf_rows.h"

#include <stddef.h>

#include "../lib/event/schema.h"

static const struct ocsf_row rows[TSEM_EVENT_LIMIT] = {
#define OCSF(event, class, activity, label, subject, second, detail) \
	[TSEM_EVENT_##event] = {class, activity, label, subject, second, detail},
#include "ocsf.def"
#undef OCSF
};

static const char *first_field(const struct event_row *event, enum field_type type)
{
	for (const struct field *field = event->shape.fields; field->type != FIELD_END; field++)
		if (field->type == type)
			return field->name;
	return NULL;
}

static const char *file_field(const struct event_row *event)
{
	static const enum field_type types[] = {FIELD_FILE, FIELD_DENTRY, FIELD_PATH};
	const char *name = NULL;

	for (size_t i = 0; !name && i < sizeof(types) / sizeof(*types); i++)
		name = first_field(event, types[i]);
	return name;
}

struct ocsf_row ocsf_row_by_class(unsigned event)
{
	const struct event_row *row = schema_event(event);

	if (!row)
		return (struct ocsf_row){.class = NONE};
	switch (row->class) {
	case TSEM_CLASS_FILE:
		if (!file_field(row))
			break;
		return (struct ocsf_row){.class = FILES, .activity = OCSF_OTHER, .subject = file_field(row)};
	case TSEM_CLASS_PROCESS:
		return (struct ocsf_row){.class = PROCESS, .activity = OCSF_OTHER};
	case TSEM_CLASS_NETWORK:
		return (struct ocsf_row){.class = NETWORK,
					 .activity = OCSF_OTHER,
					 .subject = first_field(row, FIELD_ADDR)};
	}
	return (struct ocsf_row){.class = KERNEL, .activity = OCSF_OTHER, .subject = row->name, .detail = OCSF_OTHER};
}

struct ocsf_row ocsf_row_of(unsigned event)
{
	return rows[event].class == NONE ? ocsf_row_by_class(event) : rows[event];
}
