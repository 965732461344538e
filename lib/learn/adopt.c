/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Adds legitimate violations to the model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../event/digest.h"
#include "../explain/programs.h"
#include "../model/model.h"

const char *tsem_session_adopt_fault(const struct tsem_session *session, size_t index)
{
	const struct tsem_entry *entry = &session->forensics.entries[index];

	if (!entry->record)
		return "its record was lost, so tsem does not know the event";
	if (entry->record->flags & TSEM_RECORD_FAILED && entry->record->failure == TSEM_FAILURE_size)
		return "the content was not read because of its size: run the workload without enforcing, and add the violation that you then get";
	if (entry->record->flags & TSEM_RECORD_FAILED)
		return "it could not be modeled";
	if (tsem_set_find(&session->model->set, entry->coefficient))
		return "the model allows it, but the process was untrusted";
	return NULL;
}

static int count_strangers(const struct tsem_session *session, const bool *chosen, size_t *ret_count)
{
	struct programs started;
	size_t count = 0;
	int r = programs_find(&session->model->set, &started);

	if (r)
		return r;
	for (size_t i = 0; i < session->forensics.count; i++) {
		const tsem_u8 *id = chosen[i] ? session->forensics.entries[i].record->task_id : NULL;

		count += id && !digest_is_zero(id) && !programs_with(&started, id);
	}
	programs_deinit(&started);
	*ret_count = count;
	return 0;
}

static int add_chosen(struct tsem_session *session, const bool *chosen)
{
	tsem_u64 number = set_last_number(&session->model->set);
	int status = 0;

	for (size_t i = 0; i < session->forensics.count && !status; i++)
		if (chosen[i])
			status = model_adopt(session->model, &session->forensics.entries[i], ++number);
	return status ? status : tsem_sizes_join(&session->model->large, &session->large);
}

int tsem_session_adopt(struct tsem_session *session, const bool *chosen, size_t *ret_strangers,
		       struct tsem_error *error)
{
	for (size_t i = 0; i < session->forensics.count; i++) {
		const char *fault = chosen[i] ? tsem_session_adopt_fault(session, i) : NULL;

		if (fault)
			return tsem_error_set(error, EINVAL, "violation number %zu cannot be added: %s", i + 1, fault);
	}
	if (add_chosen(session, chosen) || count_strangers(session, chosen, ret_strangers))
		return tsem_error_set(error, ENOMEM, "out of memory");
	return 0;
}
