/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_UTF8_H
#define TSEM_LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "../../abi/types.h"

static inline tsem_u32 utf8_code(const tsem_u8 *bytes, size_t length)
{
	static const tsem_u8 mask[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	tsem_u32 code = bytes[0] & mask[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

/* Bytes of the first character, 0 when it is not UTF-8 (RFC 3629: shortest form, no surrogates). */
static inline size_t utf8_length(const tsem_u8 *bytes, size_t size)
{
	static const tsem_u32 least[5] = {0, 0, 0x80, 0x800, 0x10000};
	tsem_u8 first = bytes[0];
	size_t length = first < 0x80 ? 1 :
			first < 0xc2 ? 0 :
			first < 0xe0 ? 2 :
			first < 0xf0 ? 3 :
			first < 0xf5 ? 4 :
				       0;
	tsem_u32 code;

	if (length < 2)
		return length;
	if (length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	code = utf8_code(bytes, length);
	return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

/* The length, and the code point; 0 when it is not UTF-8, or nothing is left. */
static inline size_t utf8_decode(const char *text, size_t size, tsem_u32 *ret_code)
{
	size_t length = size ? utf8_length((const tsem_u8 *)text, size) : 0;

	if (length)
		*ret_code = utf8_code((const tsem_u8 *)text, length);
	return length;
}

struct utf8_range {
	tsem_u32 first, last;
};

static inline bool utf8_within(const struct utf8_range *ranges, size_t count, tsem_u32 code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/*
 * False for characters that act on a terminal, change the order of letters, are invisible, or are blank without being
 * the space: two names must not look alike because of them.
 */
bool utf8_harmless(tsem_u32 code);

#endif
