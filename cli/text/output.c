/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "text.h"

static bool wants_colour(FILE *file)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (no_colour && *no_colour)
		return false;
	return isatty(fileno(file)) && terminal && strcmp(terminal, "dumb") != 0;
}

const char *style_begin(FILE *file, enum style style)
{
	static const char *const sequences[] = {
		[STYLE_PLAIN] = "",	   [STYLE_GOOD] = "\033[32m",  [STYLE_BAD] = "\033[31m",
		[STYLE_WARN] = "\033[33m", [STYLE_STRONG] = "\033[1m", [STYLE_FAINT] = "\033[2m",
	};

	return style != STYLE_PLAIN && wants_colour(file) ? sequences[style] : "";
}

const char *style_end(FILE *file, enum style style)
{
	return style != STYLE_PLAIN && wants_colour(file) ? "\033[0m" : "";
}

void print_styled(FILE *file, enum style style, const char *text)
{
	struct tsem_buffer buffer = {0};

	text_escape(&buffer, text, strlen(text));
	fprintf(file, "%s%s%s", style_begin(file, style), buffer.data ? buffer.data : "", style_end(file, style));
	tsem_buffer_deinit(&buffer);
}

static const char *known(const char *word)
{
	return word ? word : "unknown";
}

const char *mode_word(tsem_u32 mode)
{
	return known(tsem_mode_name(mode));
}

const char *action_word(tsem_u32 action)
{
	return known(tsem_action_name(action));
}

void table_init(struct table *table, size_t columns, unsigned right)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->right = right;
}

void table_deinit(struct table *table)
{
	tsem_buffer_deinit(&table->text);
	tsem_buffer_deinit(&table->styles);
}

static void add_cell(struct table *table, enum style style, const char *text, size_t size)
{
	char byte = style;

	text_escape(&table->text, text, size);
	tsem_buffer_add(&table->text, "", 1);
	tsem_buffer_add(&table->styles, &byte, 1);
	table->cells++;
}

void table_add(struct table *table, enum style style, const char *format, ...)
{
	va_list arguments;
	char *text;
	int size;

	va_start(arguments, format);
	size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0) {
		table->text.failed = true;
		return;
	}
	add_cell(table, style, text, size);
	free(text);
}

void table_head(struct table *table, const char *headings)
{
	size_t length;

	while (*headings) {
		length = strcspn(headings, " ");
		add_cell(table, STYLE_STRONG, headings, length);
		headings += length;
		headings += *headings == ' ';
	}
}

static void measure_columns(const struct table *table, size_t *widths)
{
	const char *cell = table->text.data;
	size_t i, length, width;

	memset(widths, 0, table->columns * sizeof(*widths));
	for (i = 0; i < table->cells; i++) {
		length = strlen(cell);
		width = text_width(cell, length);
		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
		cell += length + 1;
	}
}

static void print_cell(const struct table *table, FILE *file, size_t index, const char *cell, size_t width)
{
	size_t column = index % table->columns;
	size_t pad = width - text_width(cell, strlen(cell));
	bool last = column == table->columns - 1;
	bool right = table->right >> column & 1;
	enum style style = table->styles.data[index];

	if (column)
		fputs("  ", file);
	if (right)
		fprintf(file, "%*s", (int)pad, "");
	fprintf(file, "%s%s%s", style_begin(file, style), cell, style_end(file, style));
	if (last)
		fputc('\n', file);
	else if (!right)
		fprintf(file, "%*s", (int)pad, "");
}

int table_print(const struct table *table, FILE *file, struct tsem_error *error)
{
	const char *cell = table->text.data;
	size_t widths[TABLE_COLUMNS_MAX];
	size_t i;

	if (table->text.failed || table->styles.failed)
		return tsem_error_set(error, ENOMEM, "out of memory for a table of %zu cells", table->cells);
	measure_columns(table, widths);
	for (i = 0; i < table->cells; i++) {
		print_cell(table, file, i, cell, widths[i % table->columns]);
		cell += strlen(cell) + 1;
	}
	return 0;
}
