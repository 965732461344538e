/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What sets of events hold: their kinds, their programs, and the digests over several sets. */
#include <errno.h>
#include <string.h>

#include "../../lib/event/schema.h"
#include "../../lib/event/tally.h"
#include "../../lib/explain/programs.h"
#include "sample.h"
#include "unit.h"

/* tsem starts a shell and the shell a tool, which opens two files; one coefficient is all that is known of an event. */
struct scene {
	struct tsem_set set;
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE];
};

static void create_scene(struct scene *s)
{
	static const tsem_u8 bare[TSEM_DIGEST_SIZE] = {7};

	memset(s, 0, sizeof(*s));
	sample_exec(&s->set, NULL, "/bin/shell", 1, s->shell);
	sample_exec(&s->set, s->shell, "/bin/tool", 2, s->tool);
	sample_open(&s->set, s->shell, s->tool, "/a", 3)->count = 10;
	sample_open(&s->set, s->shell, s->tool, "/b", 3)->count = 20;
	sample_open(&s->set, NULL, s->shell, "/a", 3);
	tsem_set_add(&s->set, bare, NULL);
}

void test_tally_sums(void)
{
	struct scene s;
	struct tally tally = {};
	struct tally_sum files, processes;
	unsigned classes[TSEM_CLASS_COUNT];

	CHECK(tally_classes(&tally, classes) == 0);
	create_scene(&s);
	tally_add(&tally, &s.set);
	files = tally_class(&tally, TSEM_CLASS_FILE);
	processes = tally_class(&tally, TSEM_CLASS_PROCESS);
	CHECK(files.distinct == 3 && files.total == 31 && processes.distinct == 2 && processes.total == 2);
	CHECK(tally.unknown == 1 && !tally_class(&tally, TSEM_CLASS_NETWORK).distinct);
	CHECK(tally.events[TSEM_EVENT_file_open].distinct == 3 && tally.events[TSEM_EVENT_file_open].total == 31);
	/* In the order of the event numbers, whatever the numbers of the classes are. */
	CHECK(tally_classes(&tally, classes) == 2);
	CHECK((classes[0] == TSEM_CLASS_FILE) == ((int)TSEM_EVENT_file_open < (int)TSEM_EVENT_bprm_committed_creds));
	CHECK_TEXT(schema_class_name(TSEM_CLASS_FILE), "file");
	CHECK(!schema_class_name(TSEM_CLASS_COUNT));
	tally_add(&tally, &s.set); /* a second set */
	CHECK(tally.unknown == 2 && tally_class(&tally, TSEM_CLASS_FILE).total == 62);
	CHECK(set_count_events(&s.set) == 5 && s.set.count == 6);
	tsem_set_deinit(&s.set);
}

/* Each coefficient once, in the order of the numbers. */
void test_tally_digests(void)
{
	struct scene s;
	struct tsem_set more = {}, all = {};
	const struct tsem_set *sets[] = {&s.set, NULL, &more, &s.set};
	tsem_u8 expected[TSEM_DIGEST_SIZE], found[TSEM_DIGEST_SIZE];

	create_scene(&s);
	sample_open(&more, NULL, s.shell, "/more", 3)->number = 99;
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < (i ? more.count : s.set.count); k++) {
			const struct tsem_entry *entry = i ? &more.entries[k] : &s.set.entries[k];

			tsem_set_add(&all, entry->coefficient, NULL)->number = entry->number;
		}
	CHECK(all.count == 7);
	CHECK(!tsem_set_state(&all, NULL, NULL, expected) && !sets_state(sets, 4, found));
	CHECK(!memcmp(expected, found, sizeof(found)));
	CHECK(!tsem_set_measurement(&all, NULL, NULL, expected) && !sets_measurement(sets, 4, found));
	CHECK(!memcmp(expected, found, sizeof(found)));
	CHECK(!sets_state(sets, 1, expected) && memcmp(expected, found, sizeof(found)) != 0);
	tsem_set_deinit(&s.set);
	tsem_set_deinit(&more);
	tsem_set_deinit(&all);
}

void test_tally_order(void)
{
	static const tsem_u8 bare[TSEM_DIGEST_SIZE] = {7};
	struct tsem_set set = {};

	CHECK(set_has_order(&set));
	tsem_set_add(&set, bare, NULL);
	CHECK(!set_has_order(&set));
	set.entries[0].number = 1;
	CHECK(set_has_order(&set));
	tsem_set_deinit(&set);
}

void test_programs(void)
{
	struct scene s;
	struct programs programs;
	tsem_u8 script[TSEM_DIGEST_SIZE] = {}, unknown[TSEM_DIGEST_SIZE] = {1, 2}, digest[TSEM_DIGEST_SIZE];
	struct sample_cell created = {.size = 0};
	struct program *tool;

	create_scene(&s);
	sample_put_created(&created, s.tool);
	sample_add(&s.set, TSEM_EVENT_bprm_committed_creds, s.tool, script, &created);
	sample_open(&s.set, NULL, unknown, "/a", 3);
	sample_exec(&s.set, s.shell, "/bin/tool", 2, s.tool); /* once more */
	if (!CHECK(!programs_find(&s.set, &programs)))
		return;
	CHECK(programs.count == 3);
	tool = programs_with(&programs, s.tool);
	CHECK(tool == &programs.items[1] && tool->distinct == 2 && tool->count == 30 && tool->entry->count == 2);
	CHECK(programs_with(&programs, s.shell)->distinct == 1 && !programs_with(&programs, unknown));
	CHECK(program_is_first(&programs.items[0]) && !program_is_first(tool));
	memset(digest, 2, sizeof(digest));
	CHECK(program_content(tool) && !memcmp(program_content(tool), digest, sizeof(digest)));
	CHECK(!program_content(&programs.items[2]));
	programs_deinit(&programs);
	tsem_set_deinit(&s.set);
}
