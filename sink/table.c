/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "sink.h"

static const struct sink_row rows[] = {
#define SINK(scheme, name, local, form, keys) {scheme, form, keys, local, &sink_##name},
#include "sinks.def"
#undef SINK
};

static int check_keys(const struct sink_url *url, const struct sink_row *row, struct tsem_error *error)
{
	for (unsigned i = 0; i < url->query_count; i++) {
		const char *key = url->query[i].key, *at = row->keys;
		size_t size = strlen(key);

		while (*at && (strncmp(at, key, size) || at[size] != ','))
			at = strchr(at, ',') + 1;
		if (!*at)
			return tsem_error_set(error, EINVAL, "%s: has no key %.64s; the form is %s", url->scheme, key,
					      row->form);
	}
	return 0;
}

const struct sink_row *sink_row_of(const struct sink_url *url, struct tsem_error *error)
{
	struct tsem_buffer forms = {};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].scheme, url->scheme))
			return check_keys(url, &rows[i], error) ? NULL : &rows[i];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		tsem_buffer_printf(&forms, "%s%s", i ? ", " : "", rows[i].form);
	tsem_error_set(error, EINVAL, "events cannot go to %.32s:; they can go to %s", url->scheme,
		       forms.data ? forms.data : "");
	tsem_buffer_deinit(&forms);
	return NULL;
}
