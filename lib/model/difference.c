/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "difference.h"

int difference_find(struct tsem_model *a, const struct tsem_model *b, struct difference *ret_difference,
		    struct tsem_error *error)
{
	struct difference found = {.models = {a, b}};
	int r = 0;

	if (settings_init(a, &found.settings[0]) || settings_init(b, &found.settings[1]))
		r = tsem_error_set(error, ENOMEM, "out of memory");
	if (!r)
		r = tsem_model_compare(a, b, &found.events, error);
	if (r)
		difference_deinit(&found);
	else
		*ret_difference = found;
	return r;
}

void difference_deinit(struct difference *difference)
{
	tsem_comparison_deinit(&difference->events);
	settings_deinit(&difference->settings[0]);
	settings_deinit(&difference->settings[1]);
}

const char *difference_next_setting(const struct difference *difference, int side, size_t *cursor, size_t *ret_size)
{
	const struct settings *settings = difference->settings;
	struct setting setting;

	if (!settings_next_lone(&settings[side], &settings[!side], cursor, &setting))
		return NULL;
	*ret_size = setting.size;
	return setting.line;
}

const struct tsem_call *difference_next_call(const struct difference *difference, int side, size_t *cursor)
{
	const struct tsem_calls *calls = &difference->models[side]->calls, *other = &difference->models[!side]->calls;

	while (calls->known && other->known && *cursor < calls->count) {
		const struct tsem_call *call = &calls->items[(*cursor)++];

		if (!tsem_calls_have(other, call->entry, call->argument))
			return call;
	}
	return NULL;
}

tsem_u64 difference_next_size(const struct difference *difference, int side, size_t *cursor)
{
	const struct tsem_sizes *sizes = &difference->models[side]->large;

	while (*cursor < sizes->count) {
		tsem_u64 size = sizes->items[(*cursor)++];

		if (!tsem_sizes_have(&difference->models[!side]->large, size))
			return size;
	}
	return 0;
}

static bool has_decision(const struct tsem_model *model, const struct tsem_decision *decision)
{
	const struct tsem_decision *other = tsem_model_decision(model, decision->allow, decision->key);

	return other && other->time == decision->time && !strcmp(other->who, decision->who) &&
	       !strcmp(other->why, decision->why);
}

const struct tsem_decision *difference_next_decision(const struct difference *difference, int side, size_t *cursor)
{
	const struct tsem_model *model = difference->models[side];

	while (*cursor < model->decision_count) {
		const struct tsem_decision *decision = &model->decisions[(*cursor)++];

		if (!has_decision(difference->models[!side], decision))
			return decision;
	}
	return NULL;
}

const struct tsem_content *difference_next_content(const struct difference *difference, size_t *cursor)
{
	const struct tsem_contents *contents = &difference->events.contents;

	while (*cursor < contents->count) {
		const struct tsem_content *content = &contents->items[(*cursor)++];

		if (tsem_content_changed(content))
			return content;
	}
	return NULL;
}

static bool has_own(const struct difference *difference, int side)
{
	const struct tsem_comparison *events = &difference->events;
	size_t call = 0, size = 0, decision = 0;

	return events->count[side] || events->bare[side] || difference_next_call(difference, side, &call) ||
	       difference_next_size(difference, side, &size) || difference_next_decision(difference, side, &decision);
}

bool difference_in_settings(const struct difference *difference)
{
	return strcmp(difference->settings[0].text.data, difference->settings[1].text.data) != 0;
}

bool difference_is_none(const struct difference *difference)
{
	size_t content = 0;

	return !difference_in_settings(difference) &&
	       difference->models[0]->calls.known == difference->models[1]->calls.known &&
	       !difference->events.pair_count && !difference_next_content(difference, &content) &&
	       !has_own(difference, 0) && !has_own(difference, 1);
}
