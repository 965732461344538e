/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "../base/buffer.h"
#include "dsse.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const tsem_u8 *bytes, size_t size, struct tsem_buffer *buffer)
{
	size_t length = (size + 2) / 3 * 4;
	char *at = buffer_reserve(buffer, length);

	if (!at)
		return;
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		tsem_u32 group =
			(tsem_u32)bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);

		*at++ = digits[group >> 18];
		*at++ = digits[group >> 12 & 63];
		*at++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*at++ = left > 2 ? digits[group & 63] : '=';
	}
	*at = 0;
	buffer->size += length;
}

/* The digits of both alphabets; which of them it was is noted, because they are not mixed. */
static int digit_value(char digit, unsigned *alphabets)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	*alphabets |= digit == '+' || digit == '/' ? 1 : 2;
	if (digit == '+' || digit == '-')
		return 62;
	return digit == '/' || digit == '_' ? 63 : -1;
}

/* One spelling for each byte sequence and alphabet: the bits that are left over are zeros. */
bool base64_decode(char *text, size_t *size)
{
	size_t length = *size, padding = 0, out = 0;
	unsigned alphabets = 0, bits = 0;
	tsem_u32 group = 0;

	if (length % 4)
		return false;
	while (padding < 2 && length && text[length - 1] == '=')
		length--, padding++;
	for (size_t i = 0; i < length; i++) {
		int value = digit_value(text[i], &alphabets);

		if (value < 0 || alphabets == 3)
			return false;
		group = (group << 6 | value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			text[out++] = group >> bits;
		}
	}
	if (group & ((1u << bits) - 1))
		return false;
	*size = out;
	return true;
}
