/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/learn/likeness.h"
#include "convergence.h"
#include "explain.h"

static int count_seen(struct convergence *c, const struct tsem_session *session)
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

static int keep_failed(struct convergence *c, const struct tsem_session *session)
{
	for (size_t i = 0; i < session->forensics.count; i++) {
		const struct tsem_entry *seen = &session->forensics.entries[i];
		struct tsem_entry *known;
		bool is_new;

		if (!seen->record || !(seen->record->flags & TSEM_RECORD_FAILED))
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

int convergence_take(struct convergence *c, const struct tsem_session *session, const struct learning_run *run,
		     struct tsem_error *error)
{
	struct learning_run *runs = reallocarray(c->runs, c->count + 1, sizeof(*runs));

	if (runs) {
		c->runs = runs;
		runs[c->count++] = *run;
	}
	if (!runs || count_seen(c, session) || keep_failed(c, session))
		return tsem_error_set(error, ENOMEM, "out of memory");
	return 0;
}

void convergence_deinit(struct convergence *c)
{
	free(c->runs);
	free(c->seen);
	tsem_set_deinit(&c->failed);
}

size_t convergence_quiet(const struct convergence *c)
{
	size_t quiet = 0;

	while (quiet < c->count && !c->runs[c->count - 1 - quiet].fresh &&
	       !c->runs[c->count - 1 - quiet].calls)
		quiet++;
	return quiet;
}

bool convergence_reached(const struct convergence *c)
{
	return convergence_quiet(c) >= c->stable;
}

static tsem_u32 first_looked_at(const struct convergence *c)
{
	return c->count > c->stable + 1 ? c->count - c->stable + 1 : 2;
}

void convergence_verdict(const struct convergence *c, struct tsem_buffer *buffer)
{
	size_t quiet = convergence_quiet(c), late = c->count + 1 - first_looked_at(c), fresh = 0, calls = 0;

	for (size_t i = c->count - late; i < c->count; i++) {
		fresh += c->runs[i].fresh;
		calls += c->runs[i].calls;
	}
	if (convergence_reached(c))
		tsem_buffer_printf(buffer, "Converged: nothing new in the last %zu of %zu runs.", quiet, c->count);
	else if (c->count < 2)
		tsem_buffer_printf(buffer, "One run cannot tell whether this is all: learn with --until-converged.");
	else if (!fresh && calls)
		tsem_buffer_printf(buffer, "Not converged: %zu new system call%s in the last %zu of %zu runs.", calls,
				   calls == 1 ? "" : "s", late, c->count);
	else if (!fresh)
		tsem_buffer_printf(buffer, "Perhaps converged: nothing new in the last %zu of %zu runs, and --stable asks for %u.",
				   quiet, c->count, c->stable);
	else
		tsem_buffer_printf(buffer, "Not converged: %zu new event%s in the last %zu of %zu runs.", fresh,
				   fresh == 1 ? "" : "s", late, c->count);
}

unsigned convergence_height(tsem_u64 number)
{
	unsigned bits = 0;

	number++;
	while (number >> (bits + 1))
		bits++;
	return 16 * bits + (bits > 4 ? (number >> (bits - 4)) & 15 : (number << (4 - bits)) & 15);
}

/* ---- what keeps changing ---- */

static void copy_earlier(const struct tsem_set *set, tsem_u32 since, struct tsem_set *earlier)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].run < since)
			earlier->entries[earlier->count++] = set->entries[i];
}

/* What is one event with the rules is one; the rest is, when it differs in its object only. */
static void group_key(const struct changes *changes, const struct tsem_set *forms, const struct tsem_entry *entry, size_t index,
		      tsem_u8 *ret_key)
{
	const struct tsem_entry *form = tsem_set_find(forms, changes->proposals.keys[index]);

	if (form && form->count > 1)
		memcpy(ret_key, changes->proposals.keys[index], TSEM_DIGEST_SIZE);
	else
		record_likeness(entry->record, "", 0, ret_key);
}

static bool count_forms(const struct changes *changes, const struct tsem_set *set, struct tsem_set *forms)
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

static bool add_to_group(struct changes *changes, struct tsem_set *keys, const tsem_u8 *key, size_t index)
{
	bool is_new;
	struct tsem_entry *known = tsem_set_add(keys, key, &is_new);

	if (!known)
		return false;
	if (is_new) {
		known->number = changes->count;
		changes->groups[changes->count++] = (struct change){.entry = index};
	}
	changes->groups[known->number].count++;
	return true;
}

static bool group_changes(struct changes *changes, const struct tsem_set *set)
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

/* In its place: the explainer has borrowed the set of what was earlier. */
int changes_find(const struct convergence *c, struct changes *ret_changes, struct tsem_error *error)
{
	const struct tsem_set *set = &c->model->set;
	struct changes *changes = ret_changes;

	*changes = (struct changes){.since = c->before + first_looked_at(c)};
	changes->groups = calloc(set->count + 1, sizeof(*changes->groups));
	changes->earlier.entries = calloc(set->count + 1, sizeof(*set->entries));
	if (changes->groups && changes->earlier.entries &&
	    !proposals_find(c->model, c->seen, changes->since, &changes->proposals)) {
		copy_earlier(set, changes->since, &changes->earlier);
		changes->explainer = explainer_create(&changes->earlier);
		if (changes->explainer && group_changes(changes, set)) {
			explainer_learn_set(changes->explainer, set);
			return 0;
		}
	}
	changes_deinit(changes);
	return tsem_error_set(error, ENOMEM, "out of memory");
}

void changes_deinit(struct changes *changes)
{
	explainer_destroy(changes->explainer);
	proposals_deinit(&changes->proposals);
	free(changes->earlier.entries);
	free(changes->groups);
	memset(changes, 0, sizeof(*changes));
}

void change_describe(const struct changes *changes, const struct convergence *c, const struct change *change,
		     struct tsem_buffer *ret_action, struct tsem_buffer *ret_difference)
{
	const struct tsem_record *record = c->model->set.entries[change->entry].record;
	const struct tsem_record *nearest = explain_nearest(changes->explainer, record);

	explain_action(changes->explainer, record, ret_action);
	if (!nearest) {
		tsem_buffer_printf(ret_difference, "Nothing of this kind (%s) occurred before.",
				   tsem_event_name(record->event));
		return;
	}
	tsem_buffer_printf(ret_difference, "The nearest before: ");
	explain_action(changes->explainer, nearest, ret_difference);
	tsem_buffer_printf(ret_difference, ". The difference: ");
	explain_difference(changes->explainer, nearest, record, ret_difference);
	tsem_buffer_printf(ret_difference, ".");
}
