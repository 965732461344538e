/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The canonical encoding, taken apart by the schema into a flat list of items. Checking, printing and comparing a
 * record walk this list.
 */
#ifndef TSEM_LIB_CODEC_H
#define TSEM_LIB_CODEC_H

#include "schema.h"

#define CODEC_ITEM_LIMIT 128
#define CODEC_CHOICE 16 /* lowest last digit of the key of an item that a tag selected */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are read in place");

enum item_kind { ITEM_VALUE, ITEM_OPEN, ITEM_CLOSE };

struct item {
	const struct field *field; /* not NULL, also for ITEM_CLOSE */
	const tsem_u8 *data; /* of STR and BYTES without the length */
	tsem_u32 size;
	tsem_u32 key; /* place in the shape of the event: equal for the same field of two events of one kind */
	tsem_u8 kind;
	tsem_u8 depth;
};

struct codec {
	struct item items[CODEC_ITEM_LIMIT]; /* absent optional fields leave no item */
	unsigned count;
	const tsem_u8 *start, *at, *end;
	const char *reason; /* sticky, NULL while all is well */
	const char *member; /* where it went wrong, may be NULL */
};

/*
 * Decodes size bytes by the shape, to the last byte. False leaves the reason;
 * the items up to there are good, with their CLOSE missing where it was cut.
 */
bool codec_decode(struct codec *codec, const struct shape *shape, const void *bytes, size_t size);
/* Decodes the record's CELL. A record whose event is not known has no items. */
bool codec_decode_record(struct codec *codec, const struct tsem_record *record);

tsem_u64 item_number(const struct item *item);
/* The field of that dotted name ("file.path.pathname"); NULL when the event has no such field, or it is
 * absent. */
const struct item *codec_find(const struct codec *codec, const char *name);

/* Its number; 0: there is none. */
tsem_u64 codec_number(const struct codec *codec, const char *name);

/* Appends the value as the inside of a string of docs/json.md. */
void json_item_text(const struct item *item, struct tsem_buffer *buffer);

/* Bytes that schema_head describes, and room for them. */
#define CODEC_HEAD_SIZE 208
size_t codec_head_pack(const struct tsem_record *record, tsem_u8 ret_bytes[CODEC_HEAD_SIZE]);
/* False when the coefficient is there although the flags say that it is not, or the other way round. */
bool codec_head_unpack(const tsem_u8 *bytes, struct tsem_record *ret_record);

static inline const tsem_u8 *record_cell(const struct tsem_record *record)
{
	return (const tsem_u8 *)record + sizeof(*record);
}

#endif
