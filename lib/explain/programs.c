/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../event/codec.h"
#include "../event/digest.h"
#include "programs.h"

static bool is_exec(const struct tsem_entry *entry)
{
	return entry->record && entry->record->event == TSEM_EVENT_bprm_committed_creds;
}

static int add_programs(struct programs *programs, const struct tsem_set *set)
{
	programs->items = calloc(set->count + 1, sizeof(*programs->items));
	if (!programs->items)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++) {
		bool is_new;
		struct tsem_entry *known;

		if (!is_exec(&set->entries[i]))
			continue;
		known = tsem_set_add(&programs->ids, set->entries[i].record->task_id, &is_new);
		if (!known)
			return -ENOMEM;
		if (!is_new)
			continue;
		known->number = programs->count;
		programs->items[programs->count++] = (struct program){.entry = &set->entries[i]};
	}
	return 0;
}

int programs_find(const struct tsem_set *set, struct programs *ret_programs)
{
	struct programs programs = {};
	int r = add_programs(&programs, set);

	for (size_t i = 0; !r && i < set->count; i++) {
		const struct tsem_entry *entry = &set->entries[i];
		struct program *program =
			entry->record && !is_exec(entry) ? programs_with(&programs, entry->record->task_id) : NULL;

		if (program) {
			program->distinct++;
			program->count += entry->count;
		}
	}
	if (r)
		programs_deinit(&programs);
	else
		*ret_programs = programs;
	return r;
}

void programs_deinit(struct programs *programs)
{
	tsem_set_deinit(&programs->ids);
	free(programs->items);
	memset(programs, 0, sizeof(*programs));
}

struct program *programs_with(const struct programs *programs, const tsem_u8 *task_id)
{
	const struct tsem_entry *known = tsem_set_find(&programs->ids, task_id);

	return known ? &programs->items[known->number] : NULL;
}

bool program_is_first(const struct program *program)
{
	return digest_is_zero(program->entry->record->ptask_id);
}

const tsem_u8 *program_content(const struct program *program)
{
	const struct item *digest;
	struct codec codec;

	codec_decode_record(&codec, program->entry->record);
	digest = codec_find(&codec, "file.digest");
	return digest && digest->size == TSEM_DIGEST_SIZE && !digest_is_zero(digest->data) ? digest->data : NULL;
}
