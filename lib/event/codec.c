/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "codec.h"

#include <errno.h>
#include <string.h>

static bool codec_fail(struct codec *codec, const struct field *field, const char *reason)
{
	if (!codec->reason) {
		codec->reason = reason;
		codec->member = field ? field->name : NULL;
	}
	return false;
}

static const tsem_u8 *take_bytes(struct codec *codec, const struct field *field, size_t size)
{
	const tsem_u8 *bytes = codec->at;

	if ((size_t)(codec->end - codec->at) < size) {
		codec_fail(codec, field, "is cut");
		return NULL;
	}
	codec->at += size;
	return bytes;
}

static struct item *add_item(struct codec *codec, const struct field *field, unsigned kind, tsem_u32 key,
			     unsigned depth)
{
	struct item *item = &codec->items[codec->count];

	if (codec->count == CODEC_ITEM_LIMIT) {
		codec_fail(codec, field, "is one field too many for this library");
		return NULL;
	}
	codec->count++;
	*item = (struct item){.field = field, .kind = kind, .key = key, .depth = depth};
	return item;
}

/* Of values that always have the same size; 0: the size is in the encoding. */
static size_t type_size(unsigned type)
{
	static const tsem_u8 sizes[FIELD_LIMIT] = {
		[FIELD_U16] = 2,   [FIELD_U32] = 4,	[FIELD_S32] = 4,
		[FIELD_U64] = 8,   [FIELD_X32] = 4,	[FIELD_X64] = 8,
		[FIELD_MODE] = 2,  [FIELD_DIGEST] = 32, [FIELD_UUID] = 16,
		[FIELD_PORT] = 2,  [FIELD_IPV4] = 4,	[FIELD_IPV6] = 16,
		[FIELD_EVENT] = 2, [FIELD_FAILURE] = 4, [FIELD_COMM] = TSEM_COMM_SIZE,
	};

	return sizes[type];
}

static bool path_type_known(const struct item *item)
{
	static const char *const names[] = {
#define W(word) word,
		TSEM_PATH_TYPES(W)
#undef W
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (item->size == strlen(names[i]) && !memcmp(item->data, names[i], item->size))
			return true;
	return false;
}

static bool decode_string(struct codec *codec, struct item *item)
{
	const struct field *field = item->field;
	const tsem_u8 *length = take_bytes(codec, field, 4);

	if (!length)
		return false;
	memcpy(&item->size, length, 4);
	item->data = take_bytes(codec, field, item->size);
	if (!item->data)
		return false;
	if (field->type != FIELD_BYTES && memchr(item->data, 0, item->size))
		return codec_fail(codec, field, "has a NUL in it");
	if (field->type == FIELD_PATH_TYPE && !path_type_known(item))
		return codec_fail(codec, field, "is not root, namespace, chroot or detached");
	return true;
}

static bool decode_value(struct codec *codec, const struct field *field, tsem_u32 key, unsigned depth)
{
	struct item *item = add_item(codec, field, ITEM_VALUE, key, depth);
	size_t size = type_size(field->type);

	if (!item)
		return false;
	item->data = codec->at;
	item->size = size;
	if (size)
		item->data = take_bytes(codec, field, size);
	else if (field->type == FIELD_HEX)
		item->data = take_bytes(codec, field, item->size = codec->end - codec->at);
	else if (field->type != FIELD_EXPORT && !decode_string(codec, item))
		item->data = NULL;
	if (item->data)
		return true;
	codec->count--;
	return false;
}

static bool decode_shape(struct codec *codec, const struct shape *shape, tsem_u32 key, unsigned depth);

/* 1 present, 0 absent, -1 neither. */
static int decode_presence(struct codec *codec, const struct field *field)
{
	const tsem_u8 *presence;

	if (!field->optional)
		return 1;
	presence = take_bytes(codec, field, 1);
	if (presence && *presence > 1)
		codec_fail(codec, field, "has a presence byte that is neither 0 nor 1");
	return codec->reason ? -1 : *presence;
}

static bool decode_field(struct codec *codec, const struct field *field, tsem_u32 key, unsigned depth)
{
	int present = decode_presence(codec, field);

	if (present <= 0)
		return present == 0;
	if (field->type < FIELD_FIRST_SHAPE)
		return decode_value(codec, field, key, depth);
	return add_item(codec, field, ITEM_OPEN, key, depth) &&
	       decode_shape(codec, &schema_shapes[field->type], key, depth + 1) &&
	       add_item(codec, field, ITEM_CLOSE, key, depth);
}

static bool decode_fields(struct codec *codec, const struct field *field, tsem_u32 key, unsigned depth)
{
	for (; field->type != FIELD_END; field++, key++)
		if (!decode_field(codec, field, key, depth))
			return false;
	return true;
}

/* Keys are numbers of base 64, one digit for each level. Those of a choice begin at CODEC_CHOICE. */
static bool decode_shape(struct codec *codec, const struct shape *shape, tsem_u32 key, unsigned depth)
{
	const tsem_u8 *tag;

	if (!decode_fields(codec, shape->fields, key * 64 + 1, depth))
		return false;
	if (!shape->choices)
		return true;
	tag = take_bytes(codec, NULL, 1);
	for (const struct choice *choice = shape->choices; tag && choice->fields; choice++)
		if (choice->tag == *tag)
			return decode_fields(codec, choice->fields, key * 64 + CODEC_CHOICE + 8 * *tag, depth);
	return codec_fail(codec, codec->count ? codec->items[codec->count - 1].field : NULL,
			  "is followed by a tag that is not known");
}

bool codec_decode(struct codec *codec, const struct shape *shape, const void *bytes, size_t size)
{
	codec->count = 0;
	codec->start = codec->at = bytes;
	codec->end = codec->start + size;
	codec->reason = codec->member = NULL;
	if (!decode_shape(codec, shape, 0, 0))
		return false;
	return codec->at == codec->end || codec_fail(codec, NULL, "continues after its last field");
}

bool codec_decode_record(struct codec *codec, const struct tsem_record *record)
{
	static const struct field none = {0};
	static const struct shape empty = {&none, NULL};
	const struct event_row *row = schema_event(record->event);

	return codec_decode(codec, row ? &row->shape : &empty, record_cell(record), record->cell_size);
}

tsem_u64 item_number(const struct item *item)
{
	tsem_u64 number = 0;

	if (item->field->type == FIELD_PORT)
		return (tsem_u64)item->data[0] << 8 | item->data[1];
	if (item->size == 4)
		memcpy(&number, item->data, 4);
	else
		memcpy(&number, item->data, item->size < 8 ? item->size : 8);
	if (item->field->type == FIELD_S32)
		return (tsem_u64)(tsem_s64)(tsem_s32)number;
	return number;
}

const struct item *codec_find(const struct codec *codec, const char *name)
{
	unsigned depth = 0;

	for (const struct item *item = codec->items; item < codec->items + codec->count; item++) {
		size_t size = item->field->name_size;

		if (item->depth < depth)
			return NULL;
		if (item->kind == ITEM_CLOSE || item->depth != depth || strncmp(item->field->name, name, size))
			continue;
		if (!name[size])
			return item;
		if (name[size] != '.')
			continue;
		name += size + 1;
		depth++;
	}
	return NULL;
}

tsem_u64 codec_number(const struct codec *codec, const char *name)
{
	const struct item *item = codec_find(codec, name);

	return item ? item_number(item) : 0;
}

static void put_bytes(tsem_u8 **at, const void *bytes, size_t size)
{
	memcpy(*at, bytes, size);
	*at += size;
}

size_t codec_head_pack(const struct tsem_record *record, tsem_u8 ret_bytes[CODEC_HEAD_SIZE])
{
	tsem_u8 *at = ret_bytes;

	put_bytes(&at, &record->pid, 4);
	put_bytes(&at, &record->tid, 4);
	put_bytes(&at, &record->ppid, 4);
	put_bytes(&at, &record->context, 8);
	put_bytes(&at, &record->number, 8);
	put_bytes(&at, record->comm, TSEM_COMM_SIZE);
	put_bytes(&at, &record->event, 2);
	put_bytes(&at, &record->ttd, 8);
	put_bytes(&at, &record->p_ttd, 8);
	put_bytes(&at, record->task_id, TSEM_DIGEST_SIZE);
	put_bytes(&at, record->ptask_id, TSEM_DIGEST_SIZE);
	put_bytes(&at, &record->ts, 8);
	put_bytes(&at, &record->flags, 4);
	*at++ = record->failure != 0;
	if (record->failure)
		put_bytes(&at, &record->failure, 4);
	*at++ = !(record->flags & TSEM_RECORD_BARE);
	if (!(record->flags & TSEM_RECORD_BARE))
		put_bytes(&at, record->coefficient, TSEM_DIGEST_SIZE);
	return at - ret_bytes;
}

static void get_bytes(const tsem_u8 **at, void *bytes, size_t size)
{
	memcpy(bytes, *at, size);
	*at += size;
}

bool codec_head_unpack(const tsem_u8 *at, struct tsem_record *ret_record)
{
	get_bytes(&at, &ret_record->pid, 4);
	get_bytes(&at, &ret_record->tid, 4);
	get_bytes(&at, &ret_record->ppid, 4);
	get_bytes(&at, &ret_record->context, 8);
	get_bytes(&at, &ret_record->number, 8);
	get_bytes(&at, ret_record->comm, TSEM_COMM_SIZE);
	get_bytes(&at, &ret_record->event, 2);
	get_bytes(&at, &ret_record->ttd, 8);
	get_bytes(&at, &ret_record->p_ttd, 8);
	get_bytes(&at, ret_record->task_id, TSEM_DIGEST_SIZE);
	get_bytes(&at, ret_record->ptask_id, TSEM_DIGEST_SIZE);
	get_bytes(&at, &ret_record->ts, 8);
	get_bytes(&at, &ret_record->flags, 4);
	ret_record->failure = 0;
	if (*at++)
		get_bytes(&at, &ret_record->failure, 4);
	memset(ret_record->coefficient, 0, TSEM_DIGEST_SIZE);
	if (!*at++)
		return ret_record->flags & TSEM_RECORD_BARE;
	get_bytes(&at, ret_record->coefficient, TSEM_DIGEST_SIZE);
	return !(ret_record->flags & TSEM_RECORD_BARE);
}

static const tsem_u8 zeros[TSEM_DIGEST_SIZE];

static int check_head(const struct tsem_record *head, size_t size, struct tsem_error *error)
{
	const tsem_u8 *end = memchr(head->comm, 0, TSEM_COMM_SIZE);
	const tsem_u32 known = TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED | TSEM_RECORD_UNTRUSTED |
			       TSEM_RECORD_FAILED | TSEM_RECORD_BARE | TSEM_RECORD_WAITS;

	if (head->version != TSEM_RECORD_VERSION)
		return tsem_error_set(error, EBADMSG, "event record of version %u, this library knows version %u",
				      head->version, TSEM_RECORD_VERSION);
	if (!schema_event(head->event))
		return tsem_error_set(error, EBADMSG, "event record of unknown event number %u", head->event);
	if (head->size != size || head->cell_size > TSEM_CELL_MAX || head->cell_size != size - sizeof(*head))
		return tsem_error_set(error, EBADMSG, "event record of %zu bytes says %u, of which %u of CELL", size,
				      head->size, head->cell_size);
	if (head->flags & ~known || !(head->flags & TSEM_RECORD_FAILED) != !head->failure)
		return tsem_error_set(error, EBADMSG, "event record with flags 0x%x and failure %u", head->flags,
				      head->failure);
	if (head->flags & TSEM_RECORD_BARE && (head->failure || memcmp(head->coefficient, zeros, TSEM_DIGEST_SIZE)))
		return tsem_error_set(error, EBADMSG, "event record that has a coefficient and says that it has none");
	if (head->failure && !schema_failure(head->failure))
		return tsem_error_set(error, EBADMSG, "event record with unknown failure %u", head->failure);
	for (const tsem_u8 *at = end; at && at < head->comm + TSEM_COMM_SIZE; at++)
		if (*at)
			end = NULL;
	if (!end)
		return tsem_error_set(error, EBADMSG, "event record whose process name is not padded with NULs");
	return 0;
}

int tsem_record_check(const void *bytes, size_t size, struct tsem_error *error)
{
	struct tsem_record head;
	struct codec codec;
	int result;

	if (size < sizeof(head))
		return tsem_error_set(error, EBADMSG, "event record of %zu bytes, the head alone has %zu", size,
				      sizeof(head));
	memcpy(&head, bytes, sizeof(head));
	result = check_head(&head, size, error);
	if (result < 0)
		return result;
	if (codec_decode(&codec, &schema_events[head.event].shape, (const tsem_u8 *)bytes + sizeof(head),
			 head.cell_size) ||
	    head.flags & TSEM_RECORD_FAILED)
		return 0;
	return tsem_error_set(error, EBADMSG, "event %s: %s %s at byte %zu of its CELL", tsem_event_name(head.event),
			      codec.member ? codec.member : "the CELL", codec.reason, (size_t)(codec.at - codec.start));
}
