/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "minimise.h"
#include "model.h"

tsem_u32 minimise_recent(const struct tsem_model *model)
{
	return (model->runs + 1ul) / 2;
}

bool minimise_unknown(const struct tsem_entry *entry)
{
	return !entry->record || !entry->last;
}

bool tsem_model_outdated(const struct tsem_model *model, const struct tsem_entry *entry, tsem_u32 recent)
{
	return !minimise_unknown(entry) && model->runs >= entry->last && model->runs - entry->last >= recent;
}

/* The records stay those of the model until nothing can fail any more. */
static int copy_rest(const struct tsem_model *model, tsem_u32 recent, struct tsem_set *rest)
{
	for (size_t i = 0; i < model->set.count; i++) {
		const struct tsem_entry *old = &model->set.entries[i];
		struct tsem_entry *entry;

		if (tsem_model_outdated(model, old, recent))
			continue;
		entry = tsem_set_add(rest, old->coefficient, NULL);
		if (!entry)
			return -ENOMEM;
		*entry = *old;
		entry->record = NULL;
	}
	return 0;
}

int tsem_model_minimise(struct tsem_model *model, tsem_u32 recent, struct tsem_error *error)
{
	struct tsem_set rest = {};

	if (copy_rest(model, recent, &rest)) {
		tsem_set_deinit(&rest);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	for (size_t i = 0, kept = 0; i < model->set.count; i++) {
		struct tsem_entry *old = &model->set.entries[i];

		if (tsem_model_outdated(model, old, recent))
			continue;
		rest.entries[kept++].record = old->record;
		old->record = NULL;
	}
	tsem_set_deinit(&model->set);
	model->set = rest;
	model_drop_decisions(model);
	return 0;
}
