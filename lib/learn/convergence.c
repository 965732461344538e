/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../explain/likeness.h"
#include "../model/model.h"

static int count_seen(struct tsem_convergence *c, const struct tsem_session *session)
{
	const struct tsem_set *set = &c->model->set;
	tsem_u32 *seen = reallocarray(c->seen, set->count + 1, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	c->seen = seen;
	while (c->seen_count < set->count)
		seen[c->seen_count++] = 0;
	for (size_t i = 0; i < session->trajectory.count; i++) {
		const struct tsem_entry *entry = tsem_set_find(set, session->trajectory.entries[i].coefficient);

		if (entry)
			seen[entry - set->entries]++;
	}
	return 0;
}

static int keep_failed(struct tsem_convergence *c, const struct tsem_session *session)
{
	for (size_t i = 0; i < session->forensics.count; i++) {
		const struct tsem_entry *seen = &session->forensics.entries[i];
		struct tsem_entry *known;
		bool is_new;

		if (!entry_failed(seen))
			continue;
		known = tsem_set_add(&c->failed, seen->coefficient, &is_new);
		if (!known)
			return -ENOMEM;
		known->count += seen->count;
		if (!is_new)
			continue;
		known->record = malloc(seen->record->size);
		if (!known->record)
			return -ENOMEM;
		memcpy(known->record, seen->record, seen->record->size);
	}
	return 0;
}

int tsem_convergence_take(struct tsem_convergence *c, const struct tsem_session *session,
			  const struct tsem_learning_run *run, struct tsem_error *error)
{
	struct tsem_learning_run *runs = reallocarray(c->runs, c->count + 1, sizeof(*runs));

	if (runs) {
		c->runs = runs;
		runs[c->count++] = *run;
	}
	if (!runs || count_seen(c, session) || keep_failed(c, session))
		return tsem_error_set(error, ENOMEM, "out of memory");
	return 0;
}

void tsem_convergence_deinit(struct tsem_convergence *c)
{
	free(c->runs);
	free(c->seen);
	tsem_set_deinit(&c->failed);
}

size_t tsem_convergence_quiet(const struct tsem_convergence *c)
{
	size_t quiet = 0;

	while (quiet < c->count && !c->runs[c->count - 1 - quiet].fresh && !c->runs[c->count - 1 - quiet].calls)
		quiet++;
	return quiet;
}

bool tsem_convergence_reached(const struct tsem_convergence *c)
{
	return tsem_convergence_quiet(c) >= c->stable;
}

static tsem_u32 first_looked_at(const struct tsem_convergence *c)
{
	return c->count > c->stable + 1 ? c->count - c->stable + 1 : 2;
}

static enum tsem_converged judge(const struct tsem_convergence *c, const struct tsem_convergence_state *state)
{
	if (tsem_convergence_reached(c))
		return TSEM_CONVERGED;
	if (c->count < 2)
		return TSEM_CONVERGED_UNKNOWN;
	return state->fresh || state->calls ? TSEM_CONVERGED_NOT : TSEM_CONVERGED_PERHAPS;
}

struct tsem_convergence_state tsem_convergence_state(const struct tsem_convergence *c)
{
	struct tsem_convergence_state state = {.quiet = tsem_convergence_quiet(c),
					       .late = c->count ? c->count + 1 - first_looked_at(c) : 0};

	for (size_t i = c->count - state.late; i < c->count; i++) {
		state.fresh += c->runs[i].fresh;
		state.calls += c->runs[i].calls;
	}
	state.converged = judge(c, &state);
	return state;
}

/* ---- events that keep changing ---- */

static void copy_earlier(const struct tsem_set *set, tsem_u32 since, struct tsem_set *earlier)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].run < since)
			earlier->entries[earlier->count++] = set->entries[i];
}

/*
 * Events that are equal under the rules are one event; the others share a group when they differ only in their object.
 */
static void group_key(const struct tsem_changes *changes, const struct tsem_set *forms, const struct tsem_entry *entry,
		      size_t index, tsem_u8 *ret_key)
{
	const struct tsem_entry *form = tsem_set_find(forms, changes->proposals.keys[index]);

	if (form && form->count > 1)
		memcpy(ret_key, changes->proposals.keys[index], TSEM_DIGEST_SIZE);
	else
		record_likeness(entry->record, "", 0, ret_key);
}

static bool count_forms(const struct tsem_changes *changes, const struct tsem_set *set, struct tsem_set *forms)
{
	for (size_t i = 0; i < set->count; i++) {
		struct tsem_entry *form =
			set->entries[i].record ? tsem_set_add(forms, changes->proposals.keys[i], NULL) : NULL;

		if (form)
			form->count++;
		else if (set->entries[i].record)
			return false;
	}
	return true;
}

static bool add_to_group(struct tsem_changes *changes, struct tsem_set *keys, const tsem_u8 *key, size_t index)
{
	bool is_new;
	struct tsem_entry *known = tsem_set_add(keys, key, &is_new);

	if (!known)
		return false;
	if (is_new) {
		known->number = changes->count;
		changes->groups[changes->count++] = (struct tsem_change_group){.entry = index};
	}
	changes->groups[known->number].count++;
	return true;
}

static bool group_changes(struct tsem_changes *changes, const struct tsem_set *set)
{
	struct tsem_set forms = {}, keys = {};
	bool good = count_forms(changes, set, &forms);

	for (size_t i = 0; good && i < set->count; i++) {
		tsem_u8 key[TSEM_DIGEST_SIZE];

		if (set->entries[i].run < changes->since || !set->entries[i].record)
			continue;
		group_key(changes, &forms, &set->entries[i], i, key);
		good = add_to_group(changes, &keys, key, i);
	}
	tsem_set_deinit(&forms);
	tsem_set_deinit(&keys);
	return good;
}

/* In its place, because the explainer has borrowed the set of earlier events. */
int tsem_changes_find(const struct tsem_convergence *c, struct tsem_changes *ret_changes, struct tsem_error *error)
{
	const struct tsem_set *set = &c->model->set;
	struct tsem_changes *changes = ret_changes;

	*changes = (struct tsem_changes){.since = c->before + first_looked_at(c)};
	changes->groups = calloc(set->count + 1, sizeof(*changes->groups));
	changes->earlier.entries = calloc(set->count + 1, sizeof(*set->entries));
	if (changes->groups && changes->earlier.entries &&
	    !tsem_proposals_find(c->model, c->seen, changes->since, &changes->proposals)) {
		copy_earlier(set, changes->since, &changes->earlier);
		changes->explainer = tsem_explainer_create(&changes->earlier);
		if (changes->explainer && group_changes(changes, set)) {
			tsem_explainer_learn_set(changes->explainer, set);
			return 0;
		}
	}
	tsem_changes_deinit(changes);
	return tsem_error_set(error, ENOMEM, "out of memory");
}

void tsem_changes_deinit(struct tsem_changes *changes)
{
	tsem_explainer_destroy(changes->explainer);
	tsem_proposals_deinit(&changes->proposals);
	free(changes->earlier.entries);
	free(changes->groups);
	memset(changes, 0, sizeof(*changes));
}

void tsem_change_describe(const struct tsem_changes *changes, const struct tsem_convergence *c,
			  const struct tsem_change_group *change, struct tsem_buffer *ret_action,
			  struct tsem_buffer *ret_difference)
{
	const struct tsem_record *record = c->model->set.entries[change->entry].record;
	const struct tsem_record *nearest = tsem_explain_nearest(changes->explainer, record);

	tsem_explain_action(changes->explainer, record, ret_action);
	if (!nearest) {
		tsem_buffer_printf(ret_difference, "Nothing of this kind (%s) occurred before.",
				   tsem_event_name(record->event));
		return;
	}
	tsem_buffer_printf(ret_difference, "The nearest before: ");
	tsem_explain_action(changes->explainer, nearest, ret_difference);
	tsem_buffer_printf(ret_difference, ". The difference: ");
	tsem_explain_difference(changes->explainer, nearest, record, ret_difference);
	tsem_buffer_printf(ret_difference, ".");
}
