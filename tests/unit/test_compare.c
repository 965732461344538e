/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two models beside each other, and the older part of one. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/model/minimise.h"
#include "sample.h"
#include "unit.h"

struct small {
	struct tsem_model *model;
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE];
};

static struct small create_small(tsem_u8 shell, tsem_u8 tool)
{
	struct small s = {.model = tsem_model_create("small", TSEM_OPTION_PORTABLE)};

	s.model->runs = 1;
	sample_exec(&s.model->set, NULL, "/bin/shell", shell, s.shell);
	sample_exec(&s.model->set, s.shell, "/bin/tool", tool, s.tool);
	sample_open(&s.model->set, s.shell, s.tool, "/etc/passwd", 3);
	return s;
}

static struct tsem_comparison compare(struct small *a, struct small *b)
{
	struct tsem_comparison comparison = {};
	struct tsem_error error = {};

	if (tsem_model_compare(a->model, b->model, &comparison, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	return comparison;
}

static void discard(struct small *a, struct small *b, struct tsem_comparison *comparison)
{
	tsem_comparison_deinit(comparison);
	tsem_model_destroy(a->model);
	tsem_model_destroy(b->model);
}

static size_t changed(const struct tsem_comparison *comparison)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->contents.count; i++)
		count += tsem_content_changed(&comparison->contents.items[i]);
	return count;
}

/* Another content of the shell changes the TASK_IDs of all, and is one difference. */
void test_compare_contents(void)
{
	struct small a = create_small(1, 2), b = create_small(11, 2);
	struct tsem_comparison c = compare(&a, &b);

	CHECK(changed(&c) == 1 && c.rebased.events == 3);
	CHECK(!c.count[0] && !c.count[1] && !c.pair_count && !c.bare[0] && !c.bare[1]);
	discard(&a, &b, &c);
}

void test_compare_same(void)
{
	struct small a = create_small(1, 2), b = create_small(1, 2);
	struct tsem_comparison c = compare(&a, &b);

	CHECK(!changed(&c) && !c.rebased.events && !c.count[0] && !c.count[1] && !c.pair_count);
	discard(&a, &b, &c);
}

/* One field of one event: a pair. A file of another directory, or two fields: what only one of them has. */
void test_compare_pairs(void)
{
	struct small a = create_small(1, 2), b = create_small(1, 2);
	static const tsem_u8 bare[TSEM_DIGEST_SIZE] = {7};
	struct tsem_comparison c;

	sample_open(&a.model->set, a.shell, a.tool, "/var/log/one", 0);
	sample_open(&b.model->set, b.shell, b.tool, "/var/log/two", 0);
	sample_open(&a.model->set, a.shell, a.tool, "/srv/data", 0);
	sample_open(&b.model->set, b.shell, b.tool, "/mnt/data", 0);
	sample_open(&b.model->set, b.shell, b.tool, "/mnt/more", 0);
	tsem_set_add(&b.model->set, bare, NULL);
	c = compare(&a, &b);
	CHECK(c.pair_count == 1 && c.count[0] == 1 && c.count[1] == 2 && !c.bare[0] && c.bare[1] == 1);
	if (c.pair_count == 1 && c.count[0] == 1) {
		struct tsem_buffer text = {};

		tsem_record_object(c.pairs[0].a->record, &text);
		tsem_buffer_printf(&text, " ");
		tsem_record_object(c.pairs[0].b->record, &text);
		tsem_buffer_printf(&text, " ");
		tsem_record_object(c.only[0][0]->record, &text);
		CHECK_TEXT(text.data, "/var/log/one /var/log/two /srv/data");
		tsem_buffer_deinit(&text);
	}
	discard(&a, &b, &c);
}

/* Of several that differ in one field, the partner is the one about the same object. */
void test_compare_partner(void)
{
	struct small a = create_small(1, 2), b = create_small(1, 2);
	struct tsem_comparison c;
	unsigned same = 0;

	for (char name[] = "/var/log/a"; name[9] <= 'h'; name[9]++) {
		sample_open(&b.model->set, b.shell, b.tool, name, name[9] == 'd' ? 4 : 0);
		if (name[9] == 'd')
			sample_open(&a.model->set, a.shell, a.tool, name, 0);
	}
	c = compare(&a, &b);
	CHECK(c.pair_count == 1 && !c.count[0] && c.count[1] == 7);
	if (c.pair_count == 1) {
		struct tsem_buffer text = {};

		tsem_record_object(c.pairs[0].b->record, &text);
		same += !strcmp(text.data, "/var/log/d");
		tsem_buffer_deinit(&text);
	}
	CHECK(same == 1);
	discard(&a, &b, &c);
}

/* Each has its partner, but not all of these long names are compared, and what is left has none: bytes count. */
void test_compare_long(void)
{
	enum { MANY = 700, LONG = 4000 };
	struct small a = create_small(1, 2), b = create_small(1, 2);
	struct tsem_comparison c;
	char path[LONG + 8];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/%0*u", LONG, i);
		sample_open(&a.model->set, a.shell, a.tool, path, 0);
		sample_open(&b.model->set, b.shell, b.tool, path, 4);
	}
	c = compare(&a, &b);
	CHECK(c.pair_count > MANY / 4 && c.pair_count < MANY);
	CHECK(c.count[0] == MANY - c.pair_count && c.count[1] == c.count[0]);
	discard(&a, &b, &c);
}

/* More comparisons would be needed than there are: it ends, and what is left has no partner. */
void test_compare_many(void)
{
	enum { MANY = 1500 };
	struct small a = create_small(1, 2), b = create_small(1, 2);
	struct tsem_comparison c;
	char path[64];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/one/%u/x", i);
		sample_open(&a.model->set, a.shell, a.tool, path, 0);
		snprintf(path, sizeof(path), "/two/%u/x", i);
		sample_open(&b.model->set, b.shell, b.tool, path, 0);
	}
	c = compare(&a, &b);
	CHECK(!c.pair_count && c.count[0] == MANY && c.count[1] == MANY);
	discard(&a, &b, &c);
}

void test_minimise(void)
{
	struct small s = create_small(1, 2);
	struct tsem_set *set = &s.model->set;
	static const tsem_u8 bare[TSEM_DIGEST_SIZE] = {7};
	tsem_u8 gone[TSEM_DIGEST_SIZE];

	s.model->runs = 4;
	set->entries[0].last = 4;
	set->entries[1].last = 3;
	set->entries[2].last = 2;
	memcpy(gone, set->entries[2].coefficient, sizeof(gone));
	tsem_set_add(set, bare, NULL);
	CHECK(!tsem_model_outdated(s.model, &set->entries[0], 1) && tsem_model_outdated(s.model, &set->entries[1], 1));
	CHECK(!tsem_model_outdated(s.model, &set->entries[1], 2) && tsem_model_outdated(s.model, &set->entries[2], 2));
	CHECK(!tsem_model_outdated(s.model, &set->entries[3], 1));
	CHECK(!tsem_model_minimise(s.model, 4, NULL) && s.model->set.count == 4);
	CHECK(!tsem_model_minimise(s.model, 2, NULL) && s.model->set.count == 3);
	CHECK(!tsem_set_find(set, gone) && tsem_set_find(set, bare));
	/* Found again by their coefficients, in their order, with their records. */
	CHECK(set->entries[0].record && set->entries[1].record && !set->entries[2].record);
	CHECK(tsem_set_find(set, set->entries[1].record->coefficient) == &set->entries[1]);
	set->entries[1].last = 0; /* not known */
	CHECK(!tsem_model_outdated(s.model, &set->entries[1], 1));
	CHECK(minimise_unknown(&set->entries[1]) && !minimise_unknown(&set->entries[0]));
	CHECK(minimise_unknown(&set->entries[2])); /* without its event */
	tsem_model_destroy(s.model);
}

void test_minimise_recent(void)
{
	CHECK(minimise_recent(&(struct tsem_model){.runs = 1}) == 1);
	CHECK(minimise_recent(&(struct tsem_model){.runs = 4}) == 2);
	CHECK(minimise_recent(&(struct tsem_model){.runs = 5}) == 3);
	CHECK(minimise_recent(&(struct tsem_model){.runs = 0xffffffff}) == 0x80000000);
}
