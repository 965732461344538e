/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tsem_record *record_copy(const struct tsem_record *record)
{
	struct tsem_record *copy = record ? malloc(record->size) : NULL;

	if (copy)
		memcpy(copy, record, record->size);
	return copy;
}

tsem_u64 set_last_number(const struct tsem_set *set)
{
	tsem_u64 number = 0;

	for (size_t i = 0; i < set->count; i++)
		number = set->entries[i].number > number ? set->entries[i].number : number;
	return number;
}

int model_adopt(struct tsem_model *model, const struct tsem_entry *event, tsem_u64 number)
{
	struct tsem_record *record = record_copy(event->record);
	bool fresh = false;
	struct tsem_entry *entry = record ? tsem_set_add(&model->set, event->coefficient, &fresh) : NULL;

	if (!entry || !fresh) {
		free(record);
		return entry ? 0 : -ENOMEM;
	}
	record->flags &= ~(TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED | TSEM_RECORD_UNTRUSTED);
	entry->record = record;
	entry->number = number;
	entry->count = event->count;
	return 0;
}
