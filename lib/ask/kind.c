/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys of events for answers that cover more than one. */
#include "kind.h"

#include <string.h>
#include <sys/mman.h>

#include "../event/digest.h"
#include "../explain/objects.h"

static void add_number(struct tsem_buffer *key, tsem_u32 number)
{
	tsem_buffer_add(key, &number, sizeof(number));
}

/* An event without a name or address: the event itself, of that program. */
static void add_event(struct tsem_buffer *key, const struct tsem_record *record)
{
	add_number(key, record->event);
	tsem_buffer_add(key, record->task_id, TSEM_DIGEST_SIZE);
	tsem_buffer_add(key, (const tsem_u8 *)record + sizeof(*record), record->cell_size);
}

static void finish(struct tsem_buffer *key, tsem_u8 *ret_digest)
{
	/* Without memory all events are of one kind, which is that of no other event. */
	digest_bytes(key->failed ? "" : key->data, key->failed ? 0 : key->size, ret_digest);
	tsem_buffer_deinit(key);
}

static void object_kind(struct describing *d, const struct item *object, tsem_u8 *ret_kind)
{
	struct tsem_buffer key = {};

	d->buffer = &key;
	tsem_buffer_add(&key, "object", sizeof("object"));
	object_describe(d, object);
	finish(&key, ret_kind);
}

static void event_kind(const struct tsem_record *record, tsem_u8 *ret_kind)
{
	struct tsem_buffer key = {};

	tsem_buffer_add(&key, "event", sizeof("event"));
	add_event(&key, record);
	finish(&key, ret_kind);
}

size_t ask_kinds(const struct tsem_record *record, tsem_u8 (*ret_kinds)[TSEM_DIGEST_SIZE])
{
	struct describing d = {.record = record};
	const struct item *object = NULL;
	size_t count = 0;

	codec_decode_record(&d.codec, record);
	while (count < ASK_KINDS_MAX && (object = object_next(&d.codec, object)))
		object_kind(&d, object, ret_kinds[count++]);
	if (!count)
		event_kind(record, ret_kinds[count++]);
	return count;
}

void ask_deed(const struct tsem_record *record, tsem_u8 ret_deed[TSEM_DIGEST_SIZE])
{
	struct tsem_buffer key = {};

	add_number(&key, record->event);
	tsem_buffer_add(&key, &record->coe, sizeof(record->coe));
	tsem_buffer_add(&key, (const tsem_u8 *)record + sizeof(*record), record->cell_size);
	finish(&key, ret_deed);
}

void ask_who(const struct tsem_record *record, tsem_u8 ret_id[TSEM_DIGEST_SIZE])
{
	memcpy(ret_id, record->event == TSEM_EVENT_bprm_committed_creds ? record->ptask_id : record->task_id,
	       TSEM_DIGEST_SIZE);
}

bool ask_opens_to_execute(const struct tsem_record *record)
{
	struct codec codec;

	return record->event == TSEM_EVENT_file_open && codec_decode_record(&codec, record) &&
	       codec_number(&codec, "file.flags") & DESCRIBE_EXECUTION;
}

/* The path and what follows it, as they are in the event: another file, or another content, is another key. */
static void add_file(struct tsem_buffer *key, const struct tsem_record *record)
{
	const struct item *item;
	struct codec codec;
	unsigned depth;

	codec_decode_record(&codec, record);
	item = codec_find(&codec, "file.path");
	if (!item) {
		add_event(key, record);
		return;
	}
	for (depth = item->depth; item < codec.items + codec.count && item->depth >= depth; item++)
		if (item->kind == ITEM_VALUE)
			tsem_buffer_add(key, item->data, item->size);
}

void ask_execution(const struct tsem_record *record, tsem_u8 ret_key[TSEM_DIGEST_SIZE])
{
	tsem_u8 who[TSEM_DIGEST_SIZE];
	struct tsem_buffer key = {};

	ask_who(record, who);
	tsem_buffer_add(&key, who, sizeof(who));
	add_file(&key, record);
	finish(&key, ret_key);
}

static bool same_bytes(const struct item *a, const struct item *b)
{
	return a && b && a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/* As code with the content that was executed, as data for itself alone. A file without a name of its own may be any. */
bool ask_maps_itself(const struct tsem_record *exec, const struct tsem_record *record)
{
	struct codec started, mapped;
	tsem_u64 prot;

	if (record->event != TSEM_EVENT_mmap_file || !codec_decode_record(&started, exec) ||
	    !codec_decode_record(&mapped, record))
		return false;
	prot = codec_number(&mapped, "prot");
	if (prot & PROT_WRITE && (prot & PROT_EXEC || (codec_number(&mapped, "flags") & MAP_TYPE) != MAP_PRIVATE))
		return false;
	if (prot & PROT_EXEC && !same_bytes(codec_find(&started, "file.digest"), codec_find(&mapped, "file.digest")))
		return false;
	return same_bytes(codec_find(&started, "file.path.type"), codec_find(&mapped, "file.path.type")) &&
	       same_bytes(codec_find(&started, "file.path.pathname"), codec_find(&mapped, "file.path.pathname"));
}
