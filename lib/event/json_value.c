/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_value.h"

#include <arpa/inet.h>
#include <string.h>

#define NO_DIGIT 0x80

static const tsem_u8 hex_digits[256] = {
	[0 ... '0' - 1] = NO_DIGIT,
	['9' + 1 ... 'a' - 1] = NO_DIGIT,
	['f' + 1 ... 255] = NO_DIGIT,
	['0'] = 0,
	['1'] = 1,
	['2'] = 2,
	['3'] = 3,
	['4'] = 4,
	['5'] = 5,
	['6'] = 6,
	['7'] = 7,
	['8'] = 8,
	['9'] = 9,
	['a'] = 10,
	['b'] = 11,
	['c'] = 12,
	['d'] = 13,
	['e'] = 14,
	['f'] = 15,
};

/* Two digits into a byte; false when they are not lower-case hexadecimal. */
static bool parse_byte(const char *text, tsem_u8 *ret_byte)
{
	tsem_u8 high = hex_digits[(tsem_u8)text[0]], low = hex_digits[(tsem_u8)text[1]];

	*ret_byte = high << 4 | low;
	return !((high | low) & NO_DIGIT);
}

bool json_put(struct json_reader *reader, const void *bytes, size_t size)
{
	if (size > reader->limit - reader->size)
		return scan_fail(&reader->scan, NULL, "the event is larger than any event can be");
	if (size)
		memcpy(reader->out + reader->size, bytes, size);
	reader->size += size;
	return true;
}

static bool take_quote(struct scanner *scan)
{
	if (scan->at == scan->end || *scan->at != '"')
		return scan_fail(scan, NULL, "the value has to be the text of a number, and nothing else");
	scan->at++;
	return true;
}

/* Digits without a leading zero, then the closing quote. */
static bool read_digits(struct scanner *scan, unsigned base, tsem_u64 max, tsem_u64 *ret_number)
{
	const char *first = scan->at;
	tsem_u64 number = 0;

	for (; scan->at < scan->end; scan->at++) {
		unsigned digit = hex_digits[(tsem_u8)*scan->at];

		if (digit >= base)
			break;
		if (!(number >> 59))
			number = number * base + digit;
		else if (__builtin_mul_overflow(number, base, &number) ||
			 __builtin_add_overflow(number, digit, &number))
			return scan_fail(scan, NULL, "the number is too large");
		if (number > max)
			return scan_fail(scan, NULL, "the number is too large");
	}
	if (scan->at == first)
		return scan_fail(scan, NULL, "a digit is expected");
	if (*first == '0' && scan->at != first + 1)
		return scan_fail(scan, NULL, "the number has a leading zero");
	*ret_number = number;
	return take_quote(scan);
}

static bool put_number(struct json_reader *reader, unsigned base, size_t size)
{
	tsem_u64 number;

	return read_digits(&reader->scan, base, ~0ull >> (64 - 8 * size), &number) && json_put(reader, &number, size);
}

static bool put_hex_number(struct json_reader *reader, size_t size)
{
	struct scanner *scan = &reader->scan;

	if (scan->end - scan->at < 2 || memcmp(scan->at, "0x", 2) != 0)
		return scan_fail(scan, NULL, "0x is expected");
	scan->at += 2;
	return put_number(reader, 16, size);
}

static bool put_mode(struct json_reader *reader)
{
	struct scanner *scan = &reader->scan;

	if (scan->end - scan->at < 2 || *scan->at != '0')
		return scan_fail(scan, NULL, "an octal number with a leading 0 is expected");
	if (scan->at[1] != '"')
		scan->at++;
	else
		return put_number(reader, 8, 2);
	if (*scan->at == '0')
		return scan_fail(scan, NULL, "the number has a leading zero");
	return put_number(reader, 8, 2);
}

static bool put_signed(struct json_reader *reader)
{
	struct scanner *scan = &reader->scan;
	bool negative = scan->at < scan->end && *scan->at == '-';
	tsem_u64 number;
	tsem_s32 value;

	scan->at += negative;
	if (!read_digits(scan, 10, negative ? 0x80000000 : 0x7fffffff, &number))
		return false;
	if (negative && !number)
		return scan_fail(scan, NULL, "zero has no sign");
	value = negative ? -(tsem_s64)number : (tsem_s64)number;
	return json_put(reader, &value, 4);
}

/* Big-endian, as the address has it. */
static bool put_port(struct json_reader *reader)
{
	tsem_u64 number;
	tsem_u8 bytes[2];

	if (!read_digits(&reader->scan, 10, 0xffff, &number))
		return false;
	bytes[0] = number >> 8;
	bytes[1] = number;
	return json_put(reader, bytes, 2);
}

static bool put_digest(struct json_reader *reader, size_t size)
{
	struct scanner *scan = &reader->scan;
	tsem_u8 bytes[TSEM_DIGEST_SIZE];
	bool good = (size_t)(scan->end - scan->at) >= 2 * size;

	for (size_t i = 0; good && i < size; i++)
		good = parse_byte(scan->at + 2 * i, &bytes[i]);
	if (!good)
		return scan_fail(scan, NULL, "lower-case hexadecimal digits are expected");
	scan->at += 2 * size;
	return take_quote(scan) && json_put(reader, bytes, size);
}

static bool put_hex(struct json_reader *reader)
{
	struct scanner *scan = &reader->scan;
	tsem_u8 byte;

	for (; scan->end - scan->at >= 2 && *scan->at != '"'; scan->at += 2) {
		if (!parse_byte(scan->at, &byte))
			return scan_fail(scan, NULL, "pairs of lower-case hexadecimal digits are expected");
		if (!json_put(reader, &byte, 1))
			return false;
	}
	return take_quote(scan);
}

static bool put_address(struct json_reader *reader, int family, size_t size)
{
	struct scanner *scan = &reader->scan;
	char text[INET6_ADDRSTRLEN];
	tsem_u8 bytes[16];
	const char *end = memchr(scan->at, '"', scan->end - scan->at);
	size_t length = end ? end - scan->at : 0;

	if (!end || length >= sizeof(text))
		return scan_fail(scan, NULL, "this is not an address");
	memcpy(text, scan->at, length);
	text[length] = 0;
	if (memchr(text, 0, length) || inet_pton(family, text, bytes) != 1)
		return scan_fail(scan, NULL, "this is not an address");
	scan->at = end + 1;
	return json_put(reader, bytes, size);
}

/* ---- strings: docs/json.md, "Byte strings" ---- */

/* A backslash of the value has been taken: another one, or x and two digits. */
static bool put_escaped(struct json_reader *reader)
{
	struct scanner *scan = &reader->scan;
	tsem_u8 bytes[4];
	size_t size;

	if (scan->at < scan->end && *scan->at == '\\') {
		scan->at++;
		if (!scan_escape(scan, bytes, &size))
			return false;
		if (size == 1 && bytes[0] == '\\')
			return json_put(reader, bytes, 1);
	} else if (scan->end - scan->at >= 3 && *scan->at == 'x' && parse_byte(scan->at + 1, bytes)) {
		scan->at += 3;
		return json_put(reader, bytes, 1);
	}
	return scan_fail(scan, NULL, "a backslash is followed neither by another one nor by x and two digits");
}

static bool put_text(struct json_reader *reader)
{
	struct scanner *scan = &reader->scan;
	tsem_u8 bytes[4];
	size_t size;

	for (;;) {
		const char *run = scan->at;

		if (!scan_run(scan) || !json_put(reader, run, scan->at - run))
			return false;
		if (*scan->at++ == '"')
			return true;
		if (!scan_escape(scan, bytes, &size))
			return false;
		if (size == 1 && bytes[0] == '\\' ? !put_escaped(reader) : !json_put(reader, bytes, size))
			return false;
	}
}

static bool put_string(struct json_reader *reader, const struct field *field)
{
	const char *start = reader->scan.at;
	size_t mark = reader->size;
	tsem_u32 size = 0;

	if (!json_put(reader, &size, 4) || !put_text(reader))
		return false;
	size = reader->size - mark - 4;
	memcpy(reader->out + mark, &size, 4);
	if (field->type == FIELD_BYTES || !memchr(reader->out + mark + 4, 0, size))
		return true;
	reader->scan.at = start;
	return scan_fail(&reader->scan, NULL, "there is a NUL in the string");
}

/* A short string, which ends up in text with a NUL. */
static bool read_text(struct json_reader *reader, char *text, size_t size)
{
	struct json_reader inner = {.scan = reader->scan, .out = (tsem_u8 *)text, .limit = size - 1};
	bool good = put_text(&inner);

	reader->scan = inner.scan;
	text[inner.size] = 0;
	if (good && memchr(text, 0, inner.size))
		return scan_fail(&reader->scan, NULL, "there is a NUL in the string");
	return good;
}

static bool put_comm(struct json_reader *reader)
{
	char text[TSEM_COMM_SIZE] = {0};

	return read_text(reader, text, sizeof(text)) && json_put(reader, text, sizeof(text));
}

static bool put_event(struct json_reader *reader)
{
	char text[64];
	tsem_u16 number;

	if (!read_text(reader, text, sizeof(text)))
		return false;
	number = tsem_event_number(text);
	return number ? json_put(reader, &number, 2) : scan_fail(&reader->scan, NULL, "there is no such event");
}

static bool put_failure(struct json_reader *reader)
{
	char text[64];
	tsem_u32 number;

	if (!read_text(reader, text, sizeof(text)))
		return false;
	number = schema_failure_number(text);
	return number ? json_put(reader, &number, 4) : scan_fail(&reader->scan, NULL, "there is no such failure");
}

static bool read_export(struct json_reader *reader)
{
	char text[16];

	return read_text(reader, text, sizeof(text)) &&
	       (!strcmp(text, "event") || scan_fail(&reader->scan, NULL, "only exports of type event can be read"));
}

bool json_read_value(struct json_reader *reader, const struct field *field)
{
	if (!scan_expect(&reader->scan, '"'))
		return false;
	switch (field->type) {
	case FIELD_U16:
		return put_number(reader, 10, 2);
	case FIELD_U32:
		return put_number(reader, 10, 4);
	case FIELD_U64:
		return put_number(reader, 10, 8);
	case FIELD_S32:
		return put_signed(reader);
	case FIELD_X32:
		return put_hex_number(reader, 4);
	case FIELD_X64:
		return put_hex_number(reader, 8);
	case FIELD_MODE:
		return put_mode(reader);
	case FIELD_STR:
	case FIELD_BYTES:
	case FIELD_PATH_TYPE:
		return put_string(reader, field);
	case FIELD_DIGEST:
		return put_digest(reader, TSEM_DIGEST_SIZE);
	case FIELD_UUID:
		return put_digest(reader, 16);
	case FIELD_PORT:
		return put_port(reader);
	case FIELD_IPV4:
		return put_address(reader, AF_INET, 4);
	case FIELD_IPV6:
		return put_address(reader, AF_INET6, 16);
	case FIELD_COMM:
		return put_comm(reader);
	case FIELD_EVENT:
		return put_event(reader);
	case FIELD_FAILURE:
		return put_failure(reader);
	case FIELD_EXPORT:
		return read_export(reader);
	default:
		return put_hex(reader);
	}
}
