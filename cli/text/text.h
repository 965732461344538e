/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text as a terminal gets it. */
#ifndef TSEM_CLI_TEXT_H
#define TSEM_CLI_TEXT_H

#include "../../lib/tsem.h"

/* What a word gets behind it when it is not about one thing. */
static inline const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/*
 * Appends text; characters that could change what a terminal shows become \xNN: control characters, direction marks,
 * bytes that are not UTF-8.
 */
void text_escape(struct tsem_buffer *buffer, const char *text, size_t size);

/* Columns that text takes on a terminal. */
size_t text_width(const char *text, size_t size);

/* Prints paragraphs, wrapped to width columns, each line after indent spaces. */
void text_wrap(FILE *file, const char *text, unsigned indent, unsigned width);

/* The same, beginning in the line in which column columns are already taken. */
void text_wrap_from(FILE *file, const char *text, unsigned column, unsigned indent, unsigned width);

/*
 * Appends escaped text of several lines. Where one is longer than the terminal is wide it goes on behind indent blanks, so
 * that no part of a name begins a line.
 */
void text_fold(struct tsem_buffer *buffer, const char *text, size_t size, unsigned indent, unsigned width);

/* The same for the terminal of a descriptor, as wide as it says. */
void text_fold_for(struct tsem_buffer *buffer, const char *text, size_t size, int terminal);

/* Length of the next word of a list "a|b|c", without the bar. */
size_t text_choice(const char *list);

/* Of count words, the one that word was most likely meant to be; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *words, size_t count);

#endif
