/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "generate.h"

#define GOLDEN_SEED 2 /* each form of an address and of a path comes up several times */

/* No optional part, least values; all of them, greatest; two by chance. All but the first with hostile strings. */
static const enum generate_mode modes[] = {GENERATE_ABSENT, GENERATE_PRESENT, GENERATE_ANY, GENERATE_ANY};

#define MODES (sizeof(modes) / sizeof(*modes))

static void add_record(struct tsem_model *model, struct tsem_record *record, size_t turn)
{
	struct tsem_entry *entry = tsem_set_add(&model->set, record->coefficient, NULL);

	if (!entry || entry->record)
		abort();
	entry->number = model->set.count;
	entry->count = turn + 1;
	entry->run = entry->last = turn + 1;
	entry->record = record;
}

int golden_write(const char *path)
{
	struct tsem_model *model = tsem_model_create("golden", TSEM_OPTION_PORTABLE | TSEM_OPTION_ALL_EVENTS);
	struct generator generator = {.seed = GOLDEN_SEED};
	struct tsem_error error = {0};
	int r;

	if (!model)
		abort();
	model->runs = MODES;
	for (unsigned event = 0; event < TSEM_EVENT_LIMIT; event++)
		for (size_t turn = 0; tsem_event_name(event) && turn < MODES; turn++) {
			generator.mode = modes[turn];
			add_record(model, generate_record(&generator, event), turn);
		}
	r = tsem_model_write(model, path, &error);
	if (r)
		fprintf(stderr, "%s\n", error.text);
	else
		printf("%zu events written to %s\n", model->set.count, path);
	tsem_model_destroy(model);
	return r ? 1 : 0;
}
