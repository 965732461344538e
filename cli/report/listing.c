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

static void sort(struct listing *listing)
{
	if (listing->count)
		qsort(listing->rows, listing->count, sizeof(*listing->rows), compare_rows);
}

/* Events with the same sentence, which differ only in parts that a sentence leaves out, share a line. */
void listing_print(struct listing *listing)
{
	const struct listing_row *rows = listing->rows;
	size_t first, next;

	sort(listing);
	for (first = 0; first < listing->count; first = next) {
		if (first == 0 || strcmp(rows[first].program, rows[first - 1].program) != 0)
			printf("  %s%s%s\n", style_begin(stdout, STYLE_STRONG), rows[first].program,
			       style_end(stdout, STYLE_STRONG));
		for (next = first + 1; next < listing->count; next++) {
			if (strcmp(rows[first].program, rows[next].program) != 0 ||
			    strcmp(rows[first].sentence, rows[next].sentence) != 0)
				break;
		}
		printf("    %s", rows[first].sentence);
		if (next - first > 1)
			printf(" (%zu events)", next - first);
		putchar('\n');
	}
}

void listing_write(struct listing *listing, const char *key, struct writer *writer)
{
	const struct listing_row *row;

	sort(listing);
	writer_open(writer, key, '[');
	for (size_t i = 0; i < listing->count; i++) {
		row = &listing->rows[i];
		writer_open(writer, NULL, '{');
		writer_string(writer, "program", row->program);
		writer_string(writer, "sentence", row->sentence);
		writer_string(writer, "event", tsem_event_name(row->entry->record->event));
		writer_string(writer, "class", tsem_event_class(row->entry->record->event));
		writer_number(writer, "count", row->entry->count);
		writer_number(writer, "first_run", row->entry->run);
		writer_number(writer, "last_run", row->entry->last);
		writer_close(writer, '}');
	}
	writer_close(writer, ']');
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
