/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "../model/model.h"

static int entry_take(struct tsem_entry *known, const struct tsem_entry *seen, bool fresh, tsem_u32 run)
{
	known->count += seen->count;
	if (fresh)
		known->run = run;
	known->last = run;
	if (known->record || !seen->record)
		return 0;
	known->record = record_copy(seen->record);
	return known->record ? 0 : -ENOMEM;
}

int tsem_model_learn(struct tsem_model *model, const struct tsem_session *session, tsem_u32 run, size_t *ret_fresh,
		     size_t *ret_failed, struct tsem_error *error)
{
	size_t added = 0, failed = 0;

	for (size_t i = 0; i < session->trajectory.count; i++) {
		const struct tsem_entry *seen = &session->trajectory.entries[i];
		bool fresh;
		struct tsem_entry *known = tsem_set_add(&model->set, seen->coefficient, &fresh);

		if (!known || entry_take(known, seen, fresh, run))
			return tsem_error_set(error, ENOMEM, "out of memory");
		if (fresh)
			known->number = model->set.count;
		added += fresh;
	}
	for (size_t i = 0; i < session->forensics.count; i++)
		if (entry_failed(&session->forensics.entries[i]))
			failed += session->forensics.entries[i].count;
	*ret_fresh = added;
	*ret_failed = failed;
	return tsem_sizes_join(&model->large, &session->large) ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}
