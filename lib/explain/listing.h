/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events as sentences below the program that does them, in alphabetical order. */
#ifndef TSEM_LIB_LISTING_H
#define TSEM_LIB_LISTING_H

#include "../tsem.h"

struct listing_row {
	char *program;
	char *sentence;
	const struct tsem_entry *entry; /* borrowed */
};

struct listing {
	struct listing_row *rows;
	size_t count;
	size_t capacity;
};

/* note: text after the sentence, or NULL. The entry has a record. */
int listing_add(struct listing *listing, const struct tsem_explainer *explainer, const struct tsem_entry *entry,
		const char *note, struct tsem_error *error);
/* By program, then by sentence: what follows needs it. */
void listing_sort(struct listing *listing);
/* Whether the row is the first of its program. */
bool listing_begins(const struct listing *listing, size_t index);
/* How many rows from the first on have its sentence: their events differ only in parts that a sentence leaves out. */
size_t listing_same(const struct listing *listing, size_t first);
void listing_deinit(struct listing *listing);

#endif
