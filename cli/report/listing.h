/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events as sentences below the program that does them, in alphabetical order; as text, or as a JSON array. */
#ifndef TSEM_CLI_LISTING_H
#define TSEM_CLI_LISTING_H

#include "../text/output.h"

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
void listing_print(struct listing *listing);
void listing_write(struct listing *listing, const char *key, struct writer *writer);
void listing_deinit(struct listing *listing);

#endif
