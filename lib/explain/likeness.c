/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "likeness.h"

#include <string.h>

#include "../event/codec.h"
#include "../event/digest.h"

static bool is_object(const struct item *item)
{
	static const char *const names[] = {"kmod_name", "old_name", "dev_name"};

	if (item->kind == ITEM_OPEN)
		return item->field->type == FIELD_PATH || item->field->type == FIELD_ADDR ||
		       item->field->type == FIELD_INODE;
	if (item->field->type == FIELD_DIGEST)
		return !strcmp(item->field->name, "digest");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], item->field->name))
			return true;
	return false;
}

static const struct item *skip_object(const struct codec *codec, const struct item *item)
{
	const struct item *end = codec->items + codec->count, *next = item + 1;

	if (item->kind != ITEM_OPEN)
		return next;
	while (next < end && next->depth > item->depth)
		next++;
	return next;
}

static void add_cell(const struct tsem_record *record, struct tsem_buffer *buffer)
{
	struct codec codec;

	codec_decode_record(&codec, record);
	for (const struct item *item = codec.items; item < codec.items + codec.count;) {
		bool object = is_object(item);
		tsem_u32 head[3] = {item->key, item->kind, object ? 0 : item->size};

		tsem_buffer_add(buffer, head, sizeof(head));
		if (object) {
			item = skip_object(&codec, item);
			continue;
		}
		if (item->kind == ITEM_VALUE)
			tsem_buffer_add(buffer, item->data, item->size);
		item++;
	}
}

void record_likeness(const struct tsem_record *record, const void *more, size_t size, tsem_u8 ret_key[TSEM_DIGEST_SIZE])
{
	tsem_u32 head[3] = {record->event, record->flags, record->failure};
	struct tsem_buffer buffer = {0};

	tsem_buffer_add(&buffer, head, sizeof(head));
	if (record->event != TSEM_EVENT_bprm_committed_creds)
		tsem_buffer_add(&buffer, record->task_id, TSEM_DIGEST_SIZE);
	tsem_buffer_add(&buffer, record->ptask_id, TSEM_DIGEST_SIZE);
	tsem_buffer_add(&buffer, &record->coe, sizeof(record->coe));
	add_cell(record, &buffer);
	tsem_buffer_add(&buffer, more, size);
	if (buffer.failed)
		memcpy(ret_key, record->coefficient, TSEM_DIGEST_SIZE); /* like itself only */
	else
		digest_bytes(buffer.data, buffer.size, ret_key);
	tsem_buffer_deinit(&buffer);
}
