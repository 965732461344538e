/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "../../lib/event/codec.h"
#include "../../lib/event/digest.h"
#include "sample.h"
#include "unit.h"

void sample_put(struct sample_cell *cell, const void *bytes, size_t size)
{
	memcpy(cell->bytes + cell->size, bytes, size);
	cell->size += size;
}

void sample_put_u32(struct sample_cell *cell, tsem_u32 number)
{
	sample_put(cell, &number, 4);
}

static void put_string(struct sample_cell *cell, const char *text)
{
	sample_put_u32(cell, strlen(text));
	sample_put(cell, text, strlen(text));
}

static void put_digest(struct sample_cell *cell, tsem_u8 byte)
{
	for (int i = 0; i < TSEM_DIGEST_SIZE; i++)
		sample_put(cell, &byte, 1);
}

/* FILE: flags, inode, path, digest */
static void put_file(struct sample_cell *cell, const char *path, tsem_u8 content)
{
	static const tsem_u8 zeros[16 + 4];
	tsem_u32 ids[2] = {0, 0}, magic = 0xef53;
	tsem_u16 mode = 0100755;

	sample_put_u32(cell, 0x8000);
	sample_put(cell, ids, 8);
	sample_put(cell, &mode, 2);
	sample_put(cell, &magic, 4);
	sample_put(cell, zeros, 4 + 16);
	sample_put(cell, zeros, 1);
	put_string(cell, "root");
	sample_put(cell, zeros, 1);
	put_string(cell, path);
	put_digest(cell, content);
}

/* A file that a program created: no content, but its creator. */
void sample_put_created(struct sample_cell *cell, const tsem_u8 *owner)
{
	static const tsem_u8 zeros[64], one = 1;
	tsem_u64 instance = 1;

	sample_put(cell, zeros, 4 + 8 + 2 + 4 + 4 + 16);
	sample_put(cell, zeros, 1);
	put_string(cell, "root");
	sample_put(cell, &one, 1);
	put_string(cell, "/tmp");
	sample_put(cell, &instance, 8);
	sample_put(cell, owner, TSEM_DIGEST_SIZE);
	sample_put(cell, zeros, TSEM_DIGEST_SIZE);
}

struct tsem_entry *sample_add(struct tsem_set *set, unsigned event, const tsem_u8 *parent, tsem_u8 *task,
			      const struct sample_cell *cell)
{
	struct tsem_record *record = calloc(1, sizeof(*record) + cell->size);
	struct tsem_entry *entry;
	bool new;

	record->size = sizeof(*record) + cell->size;
	record->version = TSEM_RECORD_VERSION;
	record->event = event;
	record->cell_size = cell->size;
	memcpy(record + 1, cell->bytes, cell->size);
	if (parent)
		memcpy(record->ptask_id, parent, TSEM_DIGEST_SIZE);
	if (event == TSEM_EVENT_bprm_committed_creds)
		record_task_id(record, task);
	memcpy(record->task_id, task, TSEM_DIGEST_SIZE);
	tsem_record_coefficient(record, record->coefficient);
	CHECK(!tsem_record_check(record, record->size, NULL));
	entry = tsem_set_add(set, record->coefficient, &new);
	entry->number = entry->number ? entry->number : set->count;
	entry->count++;
	entry->run = entry->last = 1;
	if (new)
		entry->record = record;
	else
		free(record);
	return entry;
}

struct tsem_entry *sample_exec(struct tsem_set *set, const tsem_u8 *parent, const char *path, tsem_u8 content,
			       tsem_u8 *ret_task)
{
	struct sample_cell cell = {.size = 0};

	put_file(&cell, path, content);
	return sample_add(set, TSEM_EVENT_bprm_committed_creds, parent, ret_task, &cell);
}

struct tsem_entry *sample_open(struct tsem_set *set, const tsem_u8 *parent, tsem_u8 *task, const char *path,
			       tsem_u8 content)
{
	struct sample_cell cell = {.size = 0};

	put_file(&cell, path, content);
	return sample_add(set, TSEM_EVENT_file_open, parent, task, &cell);
}
