/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "orchestrate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

tsem_u32 options_from_words(unsigned profile, unsigned digest, unsigned events)
{
	return (profile == 0 ? TSEM_OPTION_PORTABLE : 0) | (digest == 1 ? TSEM_OPTION_DIGEST_ALL : 0) |
	       (events == 1 ? TSEM_OPTION_ALL_EVENTS : 0);
}

int options_bypass(const struct invocation *v, const char *classes, tsem_u32 *options)
{
	tsem_u32 bypass = 0;

	if (classes && tsem_bypass_parse(classes, strlen(classes), &bypass))
		return usage_error(v, "--bypass wants classes of events, separated by commas: "
				      "file, process, network, ipc, key, system; not \"%s\"", classes);
	*options |= bypass;
	return 0;
}

int orchestrator_make(struct tsem_kernel *kernel, struct tsem_namespace_options *options, const char *given_name,
		      const char *command, char ret_name[TSEM_NAME_MAX], struct tsem_orchestrator **ret_orchestrator,
		      struct tsem_error *error)
{
	char base[TSEM_NAME_MAX];
	int r;

	if (given_name) {
		options->name = given_name;
		r = tsem_orchestrator_create(kernel, options, ret_orchestrator, error);
		if (!r)
			snprintf(ret_name, TSEM_NAME_MAX, "%s", given_name);
		return r;
	}
	workload_name(command, base);
	options->name = ret_name;
	for (unsigned n = 1; n <= TSEM_NAMESPACE_MAX; n++) {
		snprintf(ret_name, TSEM_NAME_MAX, n == 1 ? "%s" : "%s-%u", base, n);
		r = tsem_orchestrator_create(kernel, options, ret_orchestrator, error);
		if (r != -EEXIST)
			break;
	}
	return r;
}

static int entry_take(struct tsem_entry *known, const struct tsem_entry *seen, bool fresh, tsem_u32 run)
{
	known->count += seen->count;
	if (fresh)
		known->run = run;
	if (known->record || !seen->record)
		return 0;
	known->record = malloc(seen->record->size);
	if (!known->record)
		return -ENOMEM;
	memcpy(known->record, seen->record, seen->record->size);
	return 0;
}

int model_take(struct tsem_model *model, const struct tsem_session *session, tsem_u32 run, size_t *ret_fresh,
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
		failed += session->forensics.entries[i].count;
	/* What is refused although there is no model is there too, and is no failure. */
	failed -= session->status.refused < failed ? session->status.refused : failed;
	*ret_fresh = added;
	*ret_failed = failed;
	return 0;
}
