/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "text.h"

struct range {
	unsigned first, last;
};

static bool find_range(const struct range *ranges, size_t count, unsigned code)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

size_t text_decode(const char *text, size_t size, unsigned *ret_code)
{
	static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned code;
	size_t length, i;

	if (size == 0)
		return 0;
	if (bytes[0] < 0x80) {
		*ret_code = bytes[0];
		return 1;
	}
	length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > size)
		return 0;
	code = bytes[0] & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return length;
}

/*
 * Characters that act on a terminal, change the order of letters, or are invisible: two names must not look alike
 * because of them.
 */
bool text_harmless(unsigned code)
{
	static const struct range harmful[] = {
		{0, 0x1f},	  {0x7f, 0x9f},	    {0xad, 0xad},	{0x34f, 0x34f},	    {0x61c, 0x61c},
		{0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},	{0x200b, 0x200f},   {0x2028, 0x202e},
		{0x2060, 0x206f}, {0x2800, 0x2800}, {0x3164, 0x3164},	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
		{0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
	};

	return !find_range(harmful, sizeof(harmful) / sizeof(harmful[0]), code);
}

void text_escape(struct tsem_buffer *buffer, const char *text, size_t size)
{
	unsigned code;
	size_t length, i;

	while (size > 0) {
		length = text_decode(text, size, &code);
		if (length > 0 && text_harmless(code)) {
			tsem_buffer_add(buffer, text, length);
		} else {
			length = length ? length : 1;
			for (i = 0; i < length; i++)
				tsem_buffer_printf(buffer, "\\x%02x", (unsigned char)text[i]);
		}
		text += length;
		size -= length;
	}
}

static unsigned character_width(unsigned code)
{
	static const struct range none[] = {
		{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	};
	static const struct range wide[] = {
		{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},	{0xf900, 0xfaff},   {0xfe30, 0xfe6f},
		{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
	};

	if (find_range(none, sizeof(none) / sizeof(none[0]), code))
		return 0;
	return find_range(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}

size_t text_width(const char *text, size_t size)
{
	size_t width = 0, length;
	unsigned code;

	while (size > 0) {
		length = text_decode(text, size, &code);
		width += length ? character_width(code) : 1;
		length = length ? length : 1;
		text += length;
		size -= length;
	}
	return width;
}

void text_hex(const tsem_u8 *bytes, size_t size, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < size; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[2 * size] = '\0';
}

void text_wrap_from(FILE *file, const char *text, unsigned column, unsigned indent, unsigned width)
{
	bool first = true;
	size_t length;

	while (*text) {
		if (*text == '\n') {
			fputc('\n', file);
			column = 0;
			first = true;
			text++;
			continue;
		}
		length = strcspn(text, " \n");
		if (!first && column + 1 + length > width) {
			fputc('\n', file);
			column = 0;
			first = true;
		}
		if (first && column < indent) {
			fprintf(file, "%*s", (int)(indent - column), "");
			column = indent;
		}
		fprintf(file, "%s%.*s", first ? "" : " ", (int)length, text);
		column += length + !first;
		first = false;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void text_wrap(FILE *file, const char *text, unsigned indent, unsigned width)
{
	text_wrap_from(file, text, 0, indent, width);
}

size_t text_choice(const char *list)
{
	return strcspn(list, "|");
}
