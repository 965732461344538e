/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "listing.h"

void listing_print(struct listing *listing)
{
	listing_sort(listing);
	for (size_t first = 0, same; first < listing->count; first += same) {
		const struct listing_row *row = &listing->rows[first];

		if (listing_begins(listing, first))
			printf("  %s%s%s\n", style_begin(stdout, STYLE_STRONG), row->program,
			       style_end(stdout, STYLE_STRONG));
		same = listing_same(listing, first);
		printf("    %s", row->sentence);
		if (same > 1)
			printf(" (%zu events)", same);
		putchar('\n');
	}
}

void listing_write(struct listing *listing, const char *key, struct writer *writer)
{
	const struct listing_row *row;

	listing_sort(listing);
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
