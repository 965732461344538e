/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An event as one line of JSON (docs/json.md). */
#include <arpa/inet.h>
#include <string.h>

#include "../base/buffer.h"
#include "codec.h"
#include "../base/utf8.h"

/*
 * Room is reserved once for the longest line, then nothing is checked: one byte
 * of a string becomes six (\u0000) at most, any other value fits ITEM_ROOM with
 * its key, and LINE_ROOM holds the head with the name of the process.
 */
#define ITEM_ROOM 128
#define LINE_ROOM 4096

static char *write_bytes(char *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

/* The sixteen pairs of digits that begin with x, and all 256. */
#define PAIRS(x) x "0" x "1" x "2" x "3" x "4" x "5" x "6" x "7" x "8" x "9" x "a" x "b" x "c" x "d" x "e" x "f"
static const char hex_pairs[] = PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5") PAIRS("6") PAIRS("7")
	PAIRS("8") PAIRS("9") PAIRS("a") PAIRS("b") PAIRS("c") PAIRS("d") PAIRS("e") PAIRS("f");

static char *write_hex(char *at, const tsem_u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++, at += 2)
		memcpy(at, hex_pairs + 2 * bytes[i], 2);
	return at;
}

static char *write_decimal(char *at, tsem_u64 number)
{
	char text[20];
	size_t i = sizeof(text);

	if (number < 10) {
		*at = '0' + number;
		return at + 1;
	}
	do {
		text[--i] = '0' + number % 10;
		number /= 10;
	} while (number);
	return write_bytes(at, text + i, sizeof(text) - i);
}

/* bits of a digit: 3 or 4 */
static char *write_digits(char *at, tsem_u64 number, unsigned bits)
{
	unsigned shift = 0;

	while (shift + bits < 64 && number >> (shift + bits))
		shift += bits;
	for (;; shift -= bits) {
		*at++ = "0123456789abcdef"[number >> shift & ((1u << bits) - 1)];
		if (!shift)
			return at;
	}
}

static char *write_unit(char *at, unsigned unit)
{
	at = write_bytes(at, "\\u00", 4);
	return write_hex(at, &(tsem_u8){unit}, 1);
}

/* Characters that need an escape: quotes, backslashes, control characters, bytes that are not UTF-8. */
static char *write_special(char *at, tsem_u8 byte)
{
	if (byte == '"')
		return write_bytes(at, "\\\"", 2);
	if (byte == '\\')
		return write_bytes(at, "\\\\\\\\", 4);
	if (byte < 0x80)
		return write_unit(at, byte);
	return write_hex(write_bytes(at, "\\\\x", 3), &byte, 1);
}

static char *write_text(char *at, const tsem_u8 *bytes, size_t size)
{
	const tsem_u8 *end = bytes + size;
	size_t length;

	while (bytes < end) {
		tsem_u8 byte = *bytes;

		if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
			*at++ = byte;
			bytes++;
			continue;
		}
		length = byte < 0x80 ? 0 : utf8_length(bytes, end - bytes);
		at = length ? write_bytes(at, bytes, length) : write_special(at, byte);
		bytes += length ? length : 1;
	}
	return at;
}

static char *write_signed(char *at, tsem_s64 number)
{
	if (number < 0)
		*at++ = '-';
	return write_decimal(at, number < 0 ? -(tsem_u64)number : (tsem_u64)number);
}

static char *write_mode(char *at, tsem_u64 mode)
{
	*at++ = '0';
	return mode ? write_digits(at, mode, 3) : at;
}

static char *write_ipv4(char *at, const tsem_u8 *bytes)
{
	for (int i = 0; i < 4; i++) {
		at = write_decimal(at, bytes[i]);
		*at++ = '.';
	}
	return at - 1;
}

static char *write_ipv6(char *at, const tsem_u8 *bytes)
{
	inet_ntop(AF_INET6, bytes, at, INET6_ADDRSTRLEN);
	return at + strlen(at);
}

static char *write_name(char *at, const char *name)
{
	return write_bytes(at, name, strlen(name));
}

static char *write_value(char *at, const struct item *item)
{
	switch (item->field->type) {
	case FIELD_S32:
		return write_signed(at, item_number(item));
	case FIELD_X32:
	case FIELD_X64:
		return write_digits(write_bytes(at, "0x", 2), item_number(item), 4);
	case FIELD_MODE:
		return write_mode(at, item_number(item));
	case FIELD_STR:
	case FIELD_BYTES:
	case FIELD_PATH_TYPE:
		return write_text(at, item->data, item->size);
	case FIELD_COMM:
		return write_text(at, item->data, strnlen((const char *)item->data, TSEM_COMM_SIZE));
	case FIELD_DIGEST:
	case FIELD_UUID:
	case FIELD_HEX:
		return write_hex(at, item->data, item->size);
	case FIELD_IPV4:
		return write_ipv4(at, item->data);
	case FIELD_IPV6:
		return write_ipv6(at, item->data);
	case FIELD_EVENT:
		return write_name(at, tsem_event_name(item_number(item)));
	case FIELD_FAILURE:
		return write_name(at, schema_failure(item_number(item)));
	case FIELD_EXPORT:
		return write_bytes(at, "event", 5);
	default:
		return write_decimal(at, item_number(item));
	}
}

void json_item_text(const struct item *item, struct tsem_buffer *buffer)
{
	char *start = buffer_reserve(buffer, ITEM_ROOM + 6 * (size_t)item->size);

	if (!start)
		return;
	buffer->size += write_value(start, item) - start;
	buffer->data[buffer->size] = 0;
}

/* One object, with its braces. */
static char *write_items(char *at, const struct codec *codec)
{
	const struct item *item = codec->items, *end = item + codec->count;

	*at++ = '{';
	for (; item < end; item++) {
		if (item->kind == ITEM_CLOSE) {
			*at++ = '}';
			continue;
		}
		if (at[-1] != '{')
			*at++ = ',';
		at = write_bytes(at, item->field->key, item->field->name_size + 3);
		if (item->kind == ITEM_OPEN) {
			*at++ = '{';
			continue;
		}
		*at++ = '"';
		at = write_value(at, item);
		*at++ = '"';
	}
	*at++ = '}';
	return at;
}

static char *write_object(char *at, const struct field *field, const struct shape *shape, const void *bytes,
			  size_t size)
{
	struct codec codec;

	at = write_bytes(at, field->key, field->name_size + 3);
	codec_decode(&codec, shape, bytes, size);
	return write_items(at, &codec);
}

static char *write_cell(char *at, const struct event_row *row, const tsem_u8 *cell, size_t size)
{
	struct codec codec;

	at = write_bytes(at, row->cell.key, row->cell.name_size + 3);
	if (!codec_decode(&codec, &row->shape, cell, size))
		codec_decode(&codec, &schema_cut, cell, size);
	return write_items(at, &codec);
}

void tsem_record_to_json_of(const struct tsem_record *record, const char *members, size_t members_size,
			    struct tsem_buffer *buffer)
{
	char *start =
		buffer_reserve(buffer, LINE_ROOM + CODEC_ITEM_LIMIT * ITEM_ROOM + 6 * record->cell_size + members_size);
	tsem_u8 head[CODEC_HEAD_SIZE];
	size_t size = codec_head_pack(record, head);
	char *at = start;

	if (!at)
		return;
	*at++ = '{';
	at = write_object(at, &schema_line[0], &schema_export, "", 0);
	at = write_bytes(at - 1, members, members_size); /* inside its brace */
	*at++ = '}';
	*at++ = ',';
	at = write_object(at, &schema_line[1], &schema_head, head, size);
	*at++ = ',';
	at = write_object(at, &schema_line[2], &schema_coe, &record->coe, sizeof(record->coe));
	*at++ = ',';
	at = write_cell(at, schema_event(record->event), record_cell(record), record->cell_size);
	*at++ = '}';
	*at = 0;
	buffer->size += at - start;
}

void tsem_record_to_json(const struct tsem_record *record, struct tsem_buffer *buffer)
{
	tsem_record_to_json_of(record, "", 0, buffer);
}
