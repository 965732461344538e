/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explain.h"
#include "../text/clock.h"

#include <limits.h>

void explain_origin(struct tsem_explainer *explainer, const char *session)
{
	char group[PATH_MAX];

	if (explainer && tsem_session_origin(session, group, sizeof(group)))
		tsem_explainer_begin(explainer, group);
}

static void add_reason(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out)
{
	struct tsem_buffer reason = {};

	tsem_explain_reason(explainer, record, &reason);
	if (reason.size)
		tsem_buffer_printf(out, "\n    %s", reason.data);
	tsem_buffer_deinit(&reason);
}

static void add_verdict(const struct tsem_explainer *explainer, const struct tsem_record *record,
			struct tsem_buffer *out)
{
	tsem_explain_action(explainer, record, out);
	tsem_buffer_printf(out, ": ");
	tsem_explain_verdict(record, out);
}

void explain_record(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out)
{
	add_verdict(explainer, record, out);
	tsem_buffer_printf(out, ".");
	add_reason(explainer, record, out);
}

bool explain_beginning(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out)
{
	if (!tsem_explain_beginning(explainer, record, out))
		return false;
	if (!tsem_explainer_outside(explainer))
		tsem_buffer_printf(out, " Learn the command that is started here; use --drive for a test.");
	return true;
}

static void add_when(const struct tsem_entry *entry, struct tsem_buffer *out)
{
	struct tsem_buffer when = {};

	clock_describe(entry->record->ts, &when);
	if (entry->count > 1)
		tsem_buffer_printf(out, " %llu times", entry->count);
	if (when.size)
		tsem_buffer_printf(out, "%s at %s", entry->count > 1 ? ", first" : "", when.data);
	tsem_buffer_deinit(&when);
}

void explain_sentence(const struct tsem_explainer *explainer, const struct tsem_entry *entry, struct tsem_buffer *out)
{
	add_verdict(explainer, entry->record, out);
	add_when(entry, out);
	tsem_buffer_printf(out, ".");
}

void explain_entry(const struct tsem_explainer *explainer, const struct tsem_entry *entry, struct tsem_buffer *out)
{
	explain_sentence(explainer, entry, out);
	add_reason(explainer, entry->record, out);
}
