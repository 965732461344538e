/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a model keeps when learning begins anew with patterns. */
#include <errno.h>

#include "../event/codec.h"
#include "../model/model.h"
#include "propose.h"

static bool has_pattern_name(const struct tsem_model *model, const struct tsem_record *record)
{
	struct codec codec;
	size_t at;

	codec_decode_record(&codec, record);
	for (size_t i = 0; i < codec.count; i++) {
		const struct item *item = &codec.items[i];

		for (size_t j = 0; propose_is_path(item) && j < model->name_count; j++)
			if (name_rule_find(&model->names[j], (const char *)item->data, propose_path_size(item), &at))
				return true;
	}
	return false;
}

/* Whether the event is another one under the patterns. renamed: the TASK_IDs of programs that are others then. */
static bool differs(const struct tsem_model *model, const struct tsem_set *renamed, const struct tsem_record *record)
{
	return tsem_set_find(renamed, record->ptask_id) || tsem_set_find(renamed, record->task_id) ||
	       has_pattern_name(model, record);
}

/* A program that a renamed one has started is another one, too. */
static int find_renamed(const struct tsem_model *model, const struct tsem_model *old, struct tsem_set *renamed)
{
	size_t before;

	do {
		before = renamed->count;
		for (size_t i = 0; i < old->set.count; i++) {
			const struct tsem_record *record = old->set.entries[i].record;

			if (!record || record->event != TSEM_EVENT_bprm_committed_creds ||
			    !differs(model, renamed, record))
				continue;
			if (!tsem_set_add(renamed, record->task_id, NULL))
				return -ENOMEM;
		}
	} while (renamed->count > before);
	return 0;
}

static int keep_entry(struct tsem_set *set, const struct tsem_entry *seen)
{
	struct tsem_entry *entry = tsem_set_add(set, seen->coefficient, NULL);

	if (!entry)
		return -ENOMEM;
	entry->record = record_copy(seen->record);
	entry->count = seen->count;
	entry->number = set->count;
	entry->run = entry->last = 1;
	return entry->record ? 0 : -ENOMEM;
}

static int keep_calls(struct tsem_calls *calls, const struct tsem_calls *seen)
{
	int r = 0;

	calls->known = seen->known;
	for (size_t i = 0; r >= 0 && i < seen->count; i++)
		r = tsem_calls_add(calls, seen->items[i].entry, seen->items[i].argument);
	return r < 0 ? r : 0;
}

/* Those that allow what the model keeps, and all that refuse. */
static int keep_decisions(struct tsem_model *model, const struct tsem_model *old)
{
	int r = 0;

	for (size_t i = 0; !r && i < old->decision_count; i++)
		if (!old->decisions[i].allow || tsem_set_find(&model->set, old->decisions[i].key))
			r = model_add_decision(model, &old->decisions[i]);
	return r;
}

int tsem_model_carry(struct tsem_model *model, const struct tsem_model *old, struct tsem_error *error)
{
	struct tsem_set renamed = {};
	int r = find_renamed(model, old, &renamed);

	for (size_t i = 0; !r && i < old->set.count; i++) {
		const struct tsem_entry *seen = &old->set.entries[i];

		if (seen->record && !differs(model, &renamed, seen->record))
			r = keep_entry(&model->set, seen);
	}
	if (!r)
		r = tsem_sizes_join(&model->large, &old->large);
	if (!r)
		r = keep_calls(&model->calls, &old->calls);
	if (!r)
		r = keep_decisions(model, old);
	tsem_set_deinit(&renamed);
	if (r == -E2BIG)
		return tsem_error_set(error, E2BIG, "models %s and %s together have more than %d decisions", old->name,
				      model->name, TSEM_DECISIONS_MAX);
	return r ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}
