/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Output of the commands: styled words, tables, JSON. */
#ifndef TSEM_CLI_OUTPUT_H
#define TSEM_CLI_OUTPUT_H

#include "../../lib/tsem.h"

enum style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_WARN, STYLE_STRONG, STYLE_FAINT };

/* The control sequence of a style, or "" where colour is not wanted: no terminal, NO_COLOR, TERM=dumb. */
const char *style_begin(FILE *file, enum style style);
const char *style_end(FILE *file, enum style style);

/* Prints text escaped, in the style. */
void print_styled(FILE *file, enum style style, const char *text);

/* The words for numbers of the kernel side, which may be of another version. */
const char *mode_word(tsem_u32 mode);
const char *action_word(tsem_u32 action);

/* "portable" and so on: the words of the options for the numbers of the library. */

/* ---- tables ----------------------------------------------------------- */

#define TABLE_COLUMNS_MAX 12

/* Columns are aligned when the table is printed; the last one is not padded. */
struct table {
	size_t columns;
	unsigned right; /* bit of each column that is aligned to the right */
	struct tsem_buffer text; /* all cells, each with a NUL */
	struct tsem_buffer styles; /* a byte for each cell */
	size_t cells;
};

void table_init(struct table *table, size_t columns, unsigned right);
void table_deinit(struct table *table);
/* Adds the next cell, row by row, escaped. */
void table_add(struct table *table, enum style style, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Adds a row of headings: words separated by one space. */
void table_head(struct table *table, const char *headings);
int table_print(const struct table *table, FILE *file, struct tsem_error *error);

/* ---- JSON ------------------------------------------------------------- */

/* One document, on many lines. A key is NULL inside an array and for the outermost value. */
struct writer {
	FILE *file;
	unsigned depth;
	bool began; /* something was written at this depth */
	bool flat; /* in one line; to be set behind writer_init */
};

void writer_init(struct writer *writer, FILE *file);
void writer_open(struct writer *writer, const char *key, char bracket); /* '{' or '[' */
void writer_close(struct writer *writer, char bracket); /* '}' or ']'; ends the line after the outermost */
/* Bytes that are not UTF-8 become U+FFFD. */
void writer_string(struct writer *writer, const char *key, const char *text);
void writer_buffer(struct writer *writer, const char *key, const struct tsem_buffer *text);
void writer_hex(struct writer *writer, const char *key, const tsem_u8 digest[TSEM_DIGEST_SIZE]);
void writer_number(struct writer *writer, const char *key, unsigned long long number);
void writer_bool(struct writer *writer, const char *key, bool value);
void writer_null(struct writer *writer, const char *key);
/* text is JSON already. */
void writer_raw(struct writer *writer, const char *key, const struct tsem_buffer *text);

#endif
