/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events as sentences below their programs: sorted, each sentence once, whatever order they were added in. */
#include <string.h>

#include "../../lib/explain/listing.h"
#include "sample.h"
#include "unit.h"

struct scene {
	struct tsem_set set;
	struct tsem_explainer *explainer;
	struct listing listing;
};

/* Two programs; the tool opens one of the files twice, with another content each time. */
static void create_scene(struct scene *s)
{
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE];

	memset(s, 0, sizeof(*s));
	sample_exec(&s->set, NULL, "/bin/shell", 1, shell);
	sample_exec(&s->set, shell, "/bin/tool", 2, tool);
	sample_open(&s->set, shell, tool, "/z", 3);
	sample_open(&s->set, NULL, shell, "/m", 3);
	sample_open(&s->set, shell, tool, "/a", 3);
	sample_open(&s->set, shell, tool, "/z", 4);
	s->explainer = tsem_explainer_create(&s->set);
}

static void destroy_scene(struct scene *s)
{
	listing_deinit(&s->listing);
	CHECK(!s->listing.count && !s->listing.rows);
	tsem_explainer_destroy(s->explainer);
	tsem_set_deinit(&s->set);
}

static void add(struct scene *s, size_t index, const char *note)
{
	CHECK(!listing_add(&s->listing, s->explainer, &s->set.entries[index], note, NULL));
}

void test_listing_order(void)
{
	struct scene s;
	struct tsem_buffer text = {};

	create_scene(&s);
	for (size_t i = s.set.count; i-- > 2;)
		add(&s, i, NULL);
	listing_sort(&s.listing);
	for (size_t i = 0; i < s.listing.count; i += listing_same(&s.listing, i)) {
		if (listing_begins(&s.listing, i))
			tsem_buffer_printf(&text, "[%s] ", s.listing.rows[i].program);
		tsem_buffer_printf(&text, "%s x%zu; ", s.listing.rows[i].sentence, listing_same(&s.listing, i));
	}
	CHECK_TEXT(text.data, "[/bin/shell] opens /m for reading x1; "
			      "[/bin/tool] opens /a for reading x1; opens /z for reading x2; ");
	tsem_buffer_deinit(&text);
	destroy_scene(&s);
}

/* More than the listing has room for at first; a note makes another sentence of the same event. */
void test_listing_notes(void)
{
	struct scene s;

	create_scene(&s);
	for (int i = 0; i < 100; i++)
		add(&s, 2, i % 2 ? ", once more" : NULL);
	listing_sort(&s.listing);
	CHECK(s.listing.count == 100 && listing_same(&s.listing, 0) == 50 && listing_same(&s.listing, 50) == 50);
	CHECK(listing_begins(&s.listing, 0) && !listing_begins(&s.listing, 50));
	CHECK_TEXT(s.listing.rows[0].sentence, "opens /z for reading");
	CHECK_TEXT(s.listing.rows[99].sentence, "opens /z for reading, once more");
	destroy_scene(&s);
}
