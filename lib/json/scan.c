/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "scan.h"

#include <string.h>

#include "../base/utf8.h"

bool scan_fail(struct scanner *scanner, const char *member, const char *reason)
{
	if (!scanner->reason) {
		scanner->reason = reason;
		scanner->member = member;
		scanner->where = scanner->at;
	}
	return false;
}

void scan_space(struct scanner *scanner)
{
	while (scanner->at < scanner->end &&
	       (*scanner->at == ' ' || *scanner->at == '\t' || *scanner->at == '\n' || *scanner->at == '\r'))
		scanner->at++;
}

bool scan_accept(struct scanner *scanner, char character)
{
	if (scanner->at < scanner->end && *scanner->at == character) {
		scanner->at++;
		return true;
	}
	if (scanner->at < scanner->end && (tsem_u8)*scanner->at > ' ')
		return false;
	scan_space(scanner);
	if (scanner->at == scanner->end || *scanner->at != character)
		return false;
	scanner->at++;
	return true;
}

bool scan_expect(struct scanner *scanner, char character)
{
	static const char *const reasons[] = {"a { is expected", "a } is expected", "a : is expected",
					      "a \" is expected"};
	static const char characters[] = "{}:\"";

	return scan_accept(scanner, character) ||
	       scan_fail(scanner, NULL, reasons[strchr(characters, character) - characters]);
}

static bool scan_unit(struct scanner *scanner, tsem_u32 *ret_unit)
{
	tsem_u32 unit = 0;

	if (scanner->end - scanner->at < 4)
		return scan_fail(scanner, NULL, "the escape is not complete");
	for (int i = 0; i < 4; i++) {
		char digit = *scanner->at;

		if (digit >= '0' && digit <= '9')
			unit = unit << 4 | (digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			unit = unit << 4 | ((digit | 0x20) - 'a' + 10);
		else
			return scan_fail(scanner, NULL, "four hexadecimal digits are expected");
		scanner->at++;
	}
	*ret_unit = unit;
	return true;
}

/* The digits after \u. */
static bool scan_code(struct scanner *scanner, tsem_u32 *ret_code)
{
	tsem_u32 high, low;

	if (!scan_unit(scanner, &high))
		return false;
	*ret_code = high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || scanner->end - scanner->at < 2 || memcmp(scanner->at, "\\u", 2) != 0)
		return scan_fail(scanner, NULL, "half of a surrogate pair");
	scanner->at += 2;
	if (!scan_unit(scanner, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return scan_fail(scanner, NULL, "half of a surrogate pair");
	*ret_code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static size_t encode_utf8(tsem_u32 code, tsem_u8 *bytes)
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const tsem_u8 lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = length; i-- > 1; code >>= 6)
		bytes[i] = 0x80 | (code & 0x3f);
	bytes[0] = lead[length] | code;
	return length;
}

bool scan_escape(struct scanner *scanner, tsem_u8 *bytes, size_t *ret_size)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *place;
	tsem_u32 code;

	if (scanner->at == scanner->end)
		return scan_fail(scanner, NULL, "the escape is not complete");
	if (*scanner->at == 'u') {
		scanner->at++;
		if (!scan_code(scanner, &code))
			return false;
		*ret_size = encode_utf8(code, bytes);
		return true;
	}
	place = *scanner->at ? strchr(from, *scanner->at) : NULL;
	if (!place)
		return scan_fail(scanner, NULL, "this escape is not known");
	scanner->at++;
	bytes[0] = to[place - from];
	*ret_size = 1;
	return true;
}

#define EACH(byte) (0x0101010101010101ull * (byte))

/* Whether none of eight bytes is a quote, a backslash, a control character, or above 0x7f. Never true when one is. */
static bool plain_word(const char *at)
{
	tsem_u64 word, quote, slash;

	memcpy(&word, at, sizeof(word));
	quote = word ^ EACH('"');
	slash = word ^ EACH('\\');
	return !(((quote - EACH(1)) | (slash - EACH(1)) | (word - EACH(0x20)) | word) & EACH(0x80));
}

bool scan_run(struct scanner *scanner)
{
	while (scanner->end - scanner->at >= 8 && plain_word(scanner->at))
		scanner->at += 8;
	while (scanner->at < scanner->end) {
		tsem_u8 byte = *scanner->at;
		size_t length = 1;

		if (byte == '"' || byte == '\\')
			return true;
		if (byte >= 0x80)
			length = utf8_length((const tsem_u8 *)scanner->at, scanner->end - scanner->at);
		if (!length || byte < 0x20)
			return scan_fail(scanner, NULL,
					 length ? "a control character is in the string" : "this is not UTF-8");
		scanner->at += length;
	}
	return scan_fail(scanner, NULL, "the string does not end");
}

/* False when there is no room left; only strict callers hear of it. */
static bool append_bytes(struct scanner *scanner, tsem_u8 *bytes, size_t limit, size_t *size, const void *more,
			 size_t count, bool strict)
{
	if (*size + count <= limit && *size <= limit) {
		if (count)
			memcpy(bytes + *size, more, count);
		*size += count;
		return true;
	}
	*size = limit + 1;
	return !strict || scan_fail(scanner, NULL, "the string is too long");
}

bool scan_string(struct scanner *scanner, tsem_u8 *bytes, size_t limit, bool strict, size_t *ret_size)
{
	size_t size = 0, count;
	tsem_u8 escaped[4];

	if (!scan_expect(scanner, '"'))
		return false;
	for (;;) {
		const char *run = scanner->at;

		if (!scan_run(scanner) || !append_bytes(scanner, bytes, limit, &size, run, scanner->at - run, strict))
			return false;
		if (*scanner->at++ == '"')
			break;
		if (!scan_escape(scanner, escaped, &count) ||
		    !append_bytes(scanner, bytes, limit, &size, escaped, count, strict))
			return false;
	}
	*ret_size = size;
	return true;
}

static bool scan_digits(struct scanner *scanner)
{
	const char *at = scanner->at;

	while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9')
		scanner->at++;
	return scanner->at > at || scan_fail(scanner, NULL, "a digit is expected");
}

static bool take_one(struct scanner *scanner, const char *set)
{
	if (scanner->at == scanner->end || !*scanner->at || !strchr(set, *scanner->at))
		return false;
	scanner->at++;
	return true;
}

static bool skip_number(struct scanner *scanner)
{
	take_one(scanner, "-");
	if (!take_one(scanner, "0") && !scan_digits(scanner))
		return false;
	if (take_one(scanner, ".") && !scan_digits(scanner))
		return false;
	if (!take_one(scanner, "eE"))
		return true;
	take_one(scanner, "+-");
	return scan_digits(scanner);
}

static bool skip_scalar(struct scanner *scanner)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t left = scanner->end - scanner->at, size;

	if (left && *scanner->at == '"')
		return scan_string(scanner, NULL, 0, false, &size);
	for (size_t i = 0; i < 3; i++) {
		size = strlen(words[i]);
		if (left >= size && !memcmp(scanner->at, words[i], size)) {
			scanner->at += size;
			return true;
		}
	}
	if (!left)
		return scan_fail(scanner, NULL, "the text ends here");
	if (*scanner->at != '-' && (*scanner->at < '0' || *scanner->at > '9'))
		return scan_fail(scanner, NULL, "a value is expected");
	return skip_number(scanner);
}

static bool skip_key(struct scanner *scanner)
{
	size_t size;

	return scan_string(scanner, NULL, 0, false, &size) && scan_expect(scanner, ':');
}

/*
 * After a value: closes the objects and arrays that end here, up to the next value. 1: there is one, 0: everything is
 * closed, -1: error.
 */
static int skip_ends(struct scanner *scanner, const char *closing, unsigned *depth)
{
	while (*depth) {
		char close = closing[*depth - 1];

		if (scan_accept(scanner, ','))
			return close == '}' && !skip_key(scanner) ? -1 : 1;
		if (!scan_accept(scanner, close)) {
			scan_fail(scanner, NULL, "a comma or the end of the list is expected");
			return -1;
		}
		--*depth;
	}
	return 0;
}

/* Without recursion: an array keeps the open brackets. */
bool scan_skip(struct scanner *scanner)
{
	char closing[SCAN_DEPTH_MAX];
	unsigned depth = 0;
	int more = 1;

	while (more > 0) {
		bool object = scan_accept(scanner, '{'), list = !object && scan_accept(scanner, '[');

		if ((object || list) && depth == SCAN_DEPTH_MAX)
			return scan_fail(scanner, NULL, "values are nested too deeply");
		if (object || list) {
			closing[depth++] = object ? '}' : ']';
			if (!scan_accept(scanner, closing[depth - 1])) {
				if (object && !skip_key(scanner))
					return false;
				continue;
			}
			depth--;
		} else if (!skip_scalar(scanner)) {
			return false;
		}
		more = skip_ends(scanner, closing, &depth);
	}
	return more == 0;
}
