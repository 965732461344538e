/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Merges models of the same settings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "model.h"
#include "settings.h"

/* Behind the version and the name, up to the runs. */
void tsem_model_settings(const struct tsem_model *model, struct tsem_buffer *buffer)
{
	struct tsem_buffer head = {0};
	const char *from, *to;

	model_format_head(model, &head);
	from = head.data ? strchr(head.data, '\n') : NULL;
	from = from ? strchr(from + 1, '\n') : NULL;
	to = from ? strstr(from, "\nruns ") : NULL;
	if (to)
		tsem_buffer_add(buffer, from + 1, to - from);
	else
		buffer->failed = true;
	tsem_buffer_deinit(&head);
}

/* The first line of one that the other does not have; empty when there is none. */
static struct setting lone_line(const struct settings *settings, const struct settings *other)
{
	struct setting line;
	size_t cursor = 0;

	return settings_next_lone(settings, other, &cursor, &line) ? line : (struct setting){"", 0};
}

/* The first difference: the line of each model. */
static int refuse_settings(const struct tsem_model *model, const struct settings *ours, const struct tsem_model *other,
			   const struct settings *theirs, const char *what, struct tsem_error *error)
{
	struct setting a = lone_line(ours, theirs), b = lone_line(theirs, ours), only = a.size ? a : b;

	if (a.size && b.size)
		return tsem_error_set(
			error, EINVAL,
			"models %s and %s %s, they model different things: one has \"%.*s\", the other \"%.*s\"",
			model->name, other->name, what, (int)a.size, a.line, (int)b.size, b.line);
	return tsem_error_set(error, EINVAL,
			      "models %s and %s %s, they model different things: only the %s has \"%.*s\"", model->name,
			      other->name, what, a.size ? "first" : "second", (int)only.size, only.line);
}

int model_settings_check(const struct tsem_model *model, const struct tsem_model *other, const char *what,
			 struct tsem_error *error)
{
	struct settings ours = {}, theirs = {};
	int result = 0;

	if (settings_init(model, &ours) || settings_init(other, &theirs))
		result = tsem_error_set(error, ENOMEM, "model %s: out of memory", model->name);
	else if (strcmp(ours.text.data, theirs.text.data) != 0)
		result = refuse_settings(model, &ours, other, &theirs, what, error);
	settings_deinit(&ours);
	settings_deinit(&theirs);
	return result;
}

/* ---- entries ---- */

static tsem_u64 least_known(tsem_u64 a, tsem_u64 b)
{
	return !a || (b && b < a) ? b : a;
}

void entry_join(struct tsem_entry *entry, const struct tsem_entry *other)
{
	if (__builtin_add_overflow(entry->count, other->count, &entry->count))
		entry->count = ~0ull;
	entry->number = least_known(entry->number, other->number);
	entry->run = least_known(entry->run, other->run);
	entry->last = entry->last > other->last ? entry->last : other->last;
}

static tsem_u64 last_number(const struct tsem_set *set)
{
	tsem_u64 number = 0;

	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].number > number)
			number = set->entries[i].number;
	return number;
}

static int join_sets(struct tsem_set *set, const struct tsem_set *other, tsem_u32 runs)
{
	tsem_u64 numbers = last_number(set);

	for (size_t i = 0; i < other->count; i++) {
		struct tsem_entry seen = other->entries[i];
		struct tsem_entry *entry = tsem_set_add(set, seen.coefficient, NULL);

		if (!entry)
			return -ENOMEM;
		seen.number += seen.number ? numbers : 0;
		seen.run += seen.run ? runs : 0;
		seen.last += seen.last ? runs : 0;
		entry_join(entry, &seen);
		if (!entry->record && seen.record && !(entry->record = record_copy(seen.record)))
			return -ENOMEM;
	}
	return 0;
}

/* ---- sources ---- */

bool model_add_source(struct tsem_model *model, const struct tsem_source *source)
{
	struct tsem_source *list = reallocarray(model->sources, model->source_count + 1, sizeof(*list));

	if (!list)
		return false;
	list[model->source_count++] = *source;
	model->sources = list;
	return true;
}

/* The sources of other; other itself when it was learned. */
static int add_sources(struct tsem_model *model, const struct tsem_model *other)
{
	struct tsem_source self = {.runs = other->runs};
	int result = 0;

	for (size_t i = 0; i < other->source_count; i++)
		if (!model_add_source(model, &other->sources[i]))
			return -ENOMEM;
	if (other->source_count)
		return 0;
	memcpy(self.name, other->name, sizeof(self.name));
	result = tsem_set_state(&other->set, NULL, NULL, self.state);
	return !result && !model_add_source(model, &self) ? -ENOMEM : result;
}

static int call_order(const struct tsem_call *a, const struct tsem_call *b)
{
	int order = strcmp(a->entry, b->entry);

	return order ? order : (a->argument > b->argument) - (a->argument < b->argument);
}

/*
 * If one model has no list, a list would refuse calls that this one needs. Both are in their order, so that each one is
 * added at the end.
 */
static int join_calls(struct tsem_calls *joined, const struct tsem_calls *a, const struct tsem_calls *b)
{
	size_t i = 0, k = 0;
	int result = 0;

	joined->known = a->known && b->known;
	while (joined->known && result >= 0 && (i < a->count || k < b->count)) {
		bool first = k == b->count || (i < a->count && call_order(&a->items[i], &b->items[k]) < 0);
		const struct tsem_call *call = first ? &a->items[i++] : &b->items[k++];

		result = tsem_calls_add(joined, call->entry, call->argument);
	}
	return result < 0 ? result : 0;
}

/* Into an empty model, which is destroyed when that fails. */
static int join_models(struct tsem_model *joined, const struct tsem_model *a, const struct tsem_model *b)
{
	int result = add_sources(joined, a);

	if (!result)
		result = add_sources(joined, b);
	if (!result)
		result = join_sets(&joined->set, &a->set, 0);
	if (!result)
		result = join_sets(&joined->set, &b->set, a->runs);
	if (!result)
		result = tsem_sizes_join(&joined->large, &a->large);
	if (!result)
		result = tsem_sizes_join(&joined->large, &b->large);
	if (!result)
		result = join_calls(&joined->calls, &a->calls, &b->calls);
	if (!result)
		result = model_join_decisions(joined, a, b);
	return result;
}

int tsem_model_merge(struct tsem_model *model, const struct tsem_model *other, struct tsem_error *error)
{
	struct tsem_model *joined;
	tsem_u32 runs;
	int result = model_settings_check(model, other, "cannot be merged", error);

	if (result < 0)
		return result;
	if (__builtin_add_overflow(model->runs, other->runs, &runs))
		return tsem_error_set(error, EOVERFLOW,
				      "models %s and %s together have more runs than a model can count", model->name,
				      other->name);
	joined = tsem_model_create(model->name, model->options);
	result = joined ? join_models(joined, model, other) : -ENOMEM;
	if (!result) {
		struct tsem_model old = *model;

		model->runs = runs;
		model->set = joined->set;
		model->sources = joined->sources;
		model->source_count = joined->source_count;
		model->large = joined->large;
		model->calls = joined->calls;
		model->decisions = joined->decisions;
		model->decision_count = joined->decision_count;
		joined->set = old.set;
		joined->sources = old.sources;
		joined->source_count = old.source_count;
		joined->large = old.large;
		joined->calls = old.calls;
		joined->decisions = old.decisions;
		joined->decision_count = old.decision_count;
	}
	tsem_model_destroy(joined);
	if (result == -E2BIG)
		return tsem_error_set(error, E2BIG, "models %s and %s together have more than %d decisions",
				      model->name, other->name, TSEM_DECISIONS_MAX);
	return result ? tsem_error_set(error, -result, "models %s and %s cannot be merged: %s", model->name,
				       other->name, strerror(-result)) :
			0;
}
