/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"

static int fill_row(struct listing_row *row, const struct tsem_explainer *explainer, const struct tsem_entry *entry,
		    const char *note)
{
	struct tsem_buffer program = {0}, sentence = {0};

	tsem_explain_program(explainer, entry->record, &program);
	tsem_explain_deed(explainer, entry->record, &sentence);
	if (note)
		tsem_buffer_printf(&sentence, "%s", note);
	if (program.failed || sentence.failed || !program.data || !sentence.data) {
		tsem_buffer_deinit(&program);
		tsem_buffer_deinit(&sentence);
		return -ENOMEM;
	}
	*row = (struct listing_row){program.data, sentence.data, entry};
	return 0;
}

int listing_add(struct listing *listing, const struct tsem_explainer *explainer, const struct tsem_entry *entry,
		const char *note, struct tsem_error *error)
{
	size_t capacity = listing->capacity ? 2 * listing->capacity : 32;
	struct listing_row *rows = listing->rows;

	if (listing->count == listing->capacity) {
		rows = reallocarray(rows, capacity, sizeof(*rows));
		if (!rows)
			return tsem_error_set(error, ENOMEM, "out of memory");
		listing->rows = rows;
		listing->capacity = capacity;
	}
	if (fill_row(&rows[listing->count], explainer, entry, note))
		return tsem_error_set(error, ENOMEM, "out of memory");
	listing->count++;
	return 0;
}

static int compare_rows(const void *a, const void *b)
{
	const struct listing_row *left = a, *right = b;
	int order = strcmp(left->program, right->program);

	if (order == 0)
		order = strcmp(left->sentence, right->sentence);
	return order ? order : memcmp(left->entry->coefficient, right->entry->coefficient, TSEM_DIGEST_SIZE);
}

void listing_sort(struct listing *listing)
{
	if (listing->count)
		qsort(listing->rows, listing->count, sizeof(*listing->rows), compare_rows);
}

bool listing_begins(const struct listing *listing, size_t index)
{
	const struct listing_row *row = &listing->rows[index];

	return !index || strcmp(row->program, row[-1].program) != 0;
}

size_t listing_same(const struct listing *listing, size_t first)
{
	const struct listing_row *row = &listing->rows[first];
	size_t next = first + 1;

	while (next < listing->count && !listing_begins(listing, next) &&
	       !strcmp(row->sentence, listing->rows[next].sentence))
		next++;
	return next - first;
}

void listing_deinit(struct listing *listing)
{
	size_t i;

	for (i = 0; i < listing->count; i++) {
		free(listing->rows[i].program);
		free(listing->rows[i].sentence);
	}
	free(listing->rows);
	memset(listing, 0, sizeof(*listing));
}
