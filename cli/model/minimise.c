/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drops events that none of the last runs has seen, and lists them. */
#include <errno.h>
#include <string.h>

#include "../../lib/model/minimise.h"
#include "../report/listing.h"
#include "verbs.h"
#include "../text/text.h"

struct minimising {
	const struct invocation *invocation;
	struct tsem_model *model;
	struct tsem_explainer *explainer;
	struct listing dropped;
	tsem_u32 recent; /* number of last runs that count */
	size_t unknown; /* kept, because their runs are not known */
};

static int drop(struct minimising *minimising, const struct tsem_entry *entry)
{
	char note[64];

	snprintf(note, sizeof(note), entry->run == entry->last ? ", in run %u only" : ", in runs %u to %u", entry->run,
		 entry->last);
	return listing_add(&minimising->dropped, minimising->explainer, entry, note, minimising->invocation->error);
}

static int choose(struct minimising *minimising)
{
	const struct tsem_set *set = &minimising->model->set;
	int status = 0;
	size_t i;

	for (i = 0; i < set->count && status == 0; i++) {
		if (tsem_model_outdated(minimising->model, &set->entries[i], minimising->recent))
			status = drop(minimising, &set->entries[i]);
		else
			minimising->unknown += minimise_unknown(&set->entries[i]);
	}
	return status;
}

static void print_result(struct minimising *minimising)
{
	const struct tsem_model *model = minimising->model;
	size_t count = minimising->dropped.count;

	if (model->runs <= minimising->recent)
		printf("Nothing is dropped: the model was made from %u run%s, and every event of the last %u stays.\n",
		       model->runs, plural(model->runs), minimising->recent);
	else if (!count)
		printf("Nothing is dropped: every event was seen in one of the last %u of %u runs.\n",
		       minimising->recent, model->runs);
	else
		printf("%zu of %zu events %s not seen in the last %u of %u runs, and %s dropped:\n", count,
		       model->set.count, count == 1 ? "was" : "were", minimising->recent, model->runs,
		       count == 1 ? "is" : "are");
	listing_print(&minimising->dropped);
	if (minimising->unknown)
		printf("%zu coefficient%s kept: it is not known in which runs %s seen.\n", minimising->unknown,
		       minimising->unknown == 1 ? " is" : "s are", minimising->unknown == 1 ? "it was" : "they were");
}

static void write_result(struct minimising *minimising)
{
	struct writer writer;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_number(&writer, "runs", minimising->model->runs);
	writer_number(&writer, "last_runs", minimising->recent);
	writer_number(&writer, "coefficients", minimising->model->set.count);
	writer_number(&writer, "kept", minimising->model->set.count - minimising->dropped.count);
	writer_number(&writer, "kept_because_not_known", minimising->unknown);
	listing_write(&minimising->dropped, "dropped", &writer);
	writer_close(&writer, '}');
}

static int minimise(struct minimising *minimising)
{
	const struct invocation *invocation = minimising->invocation;
	int status;

	minimising->recent = invocation_number(invocation, OPTION_model_runs, minimise_recent(minimising->model));
	minimising->explainer = tsem_explainer_create(&minimising->model->set);
	if (!minimising->explainer)
		return tsem_error_set(invocation->error, ENOMEM, "out of memory");
	status = choose(minimising);
	if (status)
		return status;
	if (invocation_given(invocation, OPTION_model_json))
		write_result(minimising);
	else
		print_result(minimising);
	if (invocation_given(invocation, OPTION_model_dry_run))
		return 0;
	status = tsem_model_minimise(minimising->model, minimising->recent, invocation->error);
	return status ? status : model_put(invocation, minimising->model);
}

int model_minimise(const struct invocation *invocation)
{
	struct minimising minimising = {.invocation = invocation};
	int status;

	if (invocation_given(invocation, OPTION_model_output) == invocation_given(invocation, OPTION_model_dry_run))
		return usage_error(
			invocation,
			"`tsem model minimise` needs either --output OUT or --dry-run; see `tsem help model`");
	status = model_get(invocation, invocation->operands[1], &minimising.model);
	if (status)
		return status;
	status = minimise(&minimising);
	listing_deinit(&minimising.dropped);
	tsem_explainer_destroy(minimising.explainer);
	tsem_model_destroy(minimising.model);
	return status;
}
