/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>
#include <sys/ioctl.h>

#include "../../lib/base/utf8.h"
#include "text.h"

#define FOLD_INDENT 8
#define FOLD_WIDTH 80 /* of a terminal that does not say it */

void text_escape(struct tsem_buffer *buffer, const char *text, size_t size)
{
	tsem_u32 code;
	size_t length, i;

	while (size > 0) {
		length = utf8_decode(text, size, &code);
		if (length > 0 && utf8_harmless(code)) {
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
	static const struct utf8_range none[] = {
		{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	};
	static const struct utf8_range wide[] = {
		{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},	{0xf900, 0xfaff},   {0xfe30, 0xfe6f},
		{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
	};

	if (utf8_within(none, sizeof(none) / sizeof(none[0]), code))
		return 0;
	return utf8_within(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}

size_t text_width(const char *text, size_t size)
{
	size_t width = 0, length;
	tsem_u32 code;

	while (size > 0) {
		length = utf8_decode(text, size, &code);
		width += length ? character_width(code) : 1;
		length = length ? length : 1;
		text += length;
		size -= length;
	}
	return width;
}

/* How much of the next word goes into one line: all of it, or a list of words as far as the last bar that fits. */
static size_t word_piece(const char *text, size_t most)
{
	size_t length = strcspn(text, " \n"), bar = most;

	if (length <= most)
		return length;
	while (bar > 0 && text[bar - 1] != '|')
		bar--;
	return bar ? bar : length;
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
		length = word_piece(text, width > indent ? width - indent : width);
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
		if (length && text[length - 1] == '|' && text[length] && !strchr(" \n", text[length]))
			column = width; /* the rest of a list begins the next line */
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void text_wrap(FILE *file, const char *text, unsigned indent, unsigned width)
{
	text_wrap_from(file, text, 0, indent, width);
}

/* Terminals do not agree about the width of other characters than those of ASCII. */
static unsigned widest(size_t length)
{
	return length > 1 ? 2 : 1;
}

static size_t piece(const char *text, size_t size)
{
	tsem_u32 code;
	size_t length = utf8_decode(text, size, &code);

	return length ? length : 1;
}

/* Columns of the word that begins there, up to most. */
static unsigned next_word(const char *text, size_t size, unsigned most)
{
	unsigned columns = 0;

	for (size_t length; size && *text != ' ' && *text != '\n' && columns < most; text += length, size -= length) {
		length = piece(text, size);
		columns += widest(length);
	}
	return columns;
}

void text_fold(struct tsem_buffer *buffer, const char *text, size_t size, unsigned indent, unsigned width)
{
	unsigned column = 0, most = width > 2 * indent ? width - 1 : 2 * indent, word;

	for (size_t length; size; text += length, size -= length) {
		length = piece(text, size);
		/* A word that fits into the next line goes there as a whole. */
		word = column && text[-1] == ' ' && *text != ' ' ? next_word(text, size, most) : widest(length);
		if (*text != '\n' && column > indent && column + word > most &&
		    (word <= most - indent || column + widest(length) > most)) {
			tsem_buffer_printf(buffer, "\n%*s", (int)indent, "");
			column = indent;
		}
		tsem_buffer_add(buffer, text, length);
		column = *text == '\n' ? 0 : column + widest(length);
	}
}

void text_fold_for(struct tsem_buffer *buffer, const char *text, size_t size, int terminal)
{
	struct winsize window = {};
	bool sized = !ioctl(terminal, TIOCGWINSZ, &window) && window.ws_col;

	text_fold(buffer, text, size, FOLD_INDENT, sized ? window.ws_col : FOLD_WIDTH);
}

size_t text_choice(const char *list)
{
	return strcspn(list, "|");
}
