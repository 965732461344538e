/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who did it, how it came to that, what is allowed that is nearest, and which violations belong together. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../lib/explain/explainer.h"
#include "sample.h"
#include "unit.h"

/* tsem starts a shell, the shell a tool; another program was never seen starting. */
struct scene {
	struct tsem_set allowed;
	struct tsem_explainer *explainer;
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE], unknown[TSEM_DIGEST_SIZE];
};

/* It stays in its place: the explainer borrows the set. */
static struct scene *create_scene(void)
{
	static const tsem_u8 unknown[] = {0xab, 0xcd, 0xef, 0x01};
	struct scene *s = calloc(1, sizeof(*s));

	memcpy(s->unknown, unknown, sizeof(unknown));
	sample_exec(&s->allowed, NULL, "/bin/shell", 1, s->shell);
	sample_exec(&s->allowed, s->shell, "/bin/tool", 2, s->tool);
	sample_open(&s->allowed, s->shell, s->tool, "/etc/passwd", 3);
	sample_open(&s->allowed, s->shell, s->tool, "/var/log/messages", 3);
	sample_open(&s->allowed, NULL, s->shell, "/etc/hosts", 3);
	s->explainer = tsem_explainer_create(&s->allowed);
	return s;
}

static void destroy_scene(struct scene *s)
{
	tsem_explainer_destroy(s->explainer);
	tsem_set_deinit(&s->allowed);
	free(s);
}

typedef void (*explain_fn)(const struct tsem_explainer *explainer, const struct tsem_record *record,
			   struct tsem_buffer *out);

static void check_words(explain_fn explain, const struct scene *s, const struct tsem_record *record,
			const char *expected)
{
	struct tsem_buffer text = {};

	explain(s->explainer, record, &text);
	CHECK_TEXT(text.data ? text.data : "", expected);
	tsem_buffer_deinit(&text);
}

void test_explain_actors(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	tsem_u8 task[TSEM_DIGEST_SIZE];
	struct tsem_record *record = sample_open(&seen, s->shell, s->tool, "/etc/shadow", 4)->record;

	check_words(tsem_explain_program, s, record, "/bin/tool");
	check_words(tsem_explain_parent, s, record, "/bin/shell");
	check_words(tsem_explain_action, s, record, "/bin/tool, started by /bin/shell, opens /etc/shadow for reading");
	record = sample_open(&seen, NULL, s->unknown, "/etc/shadow", 4)->record;
	memcpy(record->comm, "odd\033name", 8);
	check_words(tsem_explain_action, s, record,
		    "a process called 'odd\\x1bname', started by tsem, opens /etc/shadow for reading");
	/* Of an exec the program is the one that executes; the parent is then who acts. */
	record = sample_exec(&seen, s->tool, "/bin/new", 5, task)->record;
	check_words(tsem_explain_action, s, record, "/bin/tool runs /bin/new");
	record = sample_exec(&seen, NULL, "/bin/first", 5, task)->record;
	check_words(tsem_explain_action, s, record, "tsem runs /bin/first");
	/* It has executed before, and is known by its name only. */
	record->ttd = record->p_ttd + 2;
	memcpy(record->comm, "shell", 6);
	check_words(tsem_explain_program, s, record, "/bin/shell");
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

/* The names, with a blank in the place of each NUL. */
static void check_chain(const struct scene *s, const struct tsem_record *record, size_t count, const char *expected)
{
	struct tsem_buffer names = {};

	CHECK(tsem_explain_chain(s->explainer, record, &names) == count);
	for (size_t i = 0; i < names.size; i++)
		names.data[i] = names.data[i] ? names.data[i] : ' ';
	CHECK_TEXT(names.data, expected);
	tsem_buffer_deinit(&names);
}

void test_explain_chains(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	tsem_u8 task[TSEM_DIGEST_SIZE];

	check_chain(s, sample_open(&seen, s->shell, s->tool, "/etc/shadow", 4)->record, 3,
		    "tsem /bin/shell /bin/tool ");
	check_chain(s, sample_open(&seen, NULL, s->shell, "/etc/shadow", 4)->record, 2, "tsem /bin/shell ");
	check_chain(s, sample_exec(&seen, s->tool, "/bin/new", 5, task)->record, 3, "tsem /bin/shell /bin/tool ");
	check_chain(s, sample_open(&seen, s->unknown, s->tool, "/etc/shadow", 4)->record, 1, "/bin/tool ");
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

/* A program that is its own parent by its identities, as a record can state it: the chain ends all the same. */
void test_explain_endless(void)
{
	struct tsem_set set = {}, seen = {};
	struct tsem_explainer *explainer;
	struct tsem_buffer names = {};
	tsem_u8 task[TSEM_DIGEST_SIZE];
	struct tsem_record *program = sample_exec(&set, NULL, "/bin/self", 1, task)->record;

	memcpy(program->ptask_id, program->task_id, TSEM_DIGEST_SIZE);
	explainer = tsem_explainer_create(&set);
	CHECK(tsem_explain_chain(explainer, sample_open(&seen, task, task, "/etc/shadow", 4)->record, &names) == 33);
	tsem_buffer_deinit(&names);
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&set);
	tsem_set_deinit(&seen);
}

static struct tsem_record *signal_to(struct tsem_set *set, tsem_u8 *task, const tsem_u8 *target)
{
	struct sample_cell cell = {.size = 0};

	sample_put(&cell, target, TSEM_DIGEST_SIZE);
	sample_put_u32(&cell, 15);
	sample_put_u32(&cell, 0);
	return sample_add(set, TSEM_EVENT_task_kill, NULL, task, &cell)->record;
}

/* Programs are named where an identity stands, and nowhere else: not in the name of a file that looks like one. */
void test_explain_names(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	struct tsem_buffer path = {}, expected = {};

	check_words(tsem_explain_deed, s, signal_to(&seen, s->shell, s->tool),
		    "sends signal 15 (SIGTERM) to /bin/tool");
	check_words(tsem_explain_deed, s, signal_to(&seen, s->shell, s->unknown),
		    "sends signal 15 (SIGTERM) to the program abcdef01");
	tsem_buffer_printf(&path, "/tmp/the program %02x%02x%02x%02x", s->tool[0], s->tool[1], s->tool[2], s->tool[3]);
	tsem_buffer_printf(&expected, "opens %s for reading", path.data);
	check_words(tsem_explain_deed, s, sample_open(&seen, NULL, s->shell, path.data, 4)->record, expected.data);
	tsem_buffer_deinit(&path);
	tsem_buffer_deinit(&expected);
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

void test_explain_nearest(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {}, bare = {};
	const struct tsem_record *record = sample_open(&seen, s->shell, s->tool, "/etc/shadow", 4)->record;
	struct tsem_explainer *without = tsem_explainer_create(NULL), *blind;
	struct tsem_buffer text = {};
	struct tsem_record *untrusted;
	size_t size;

	CHECK(tsem_explain_nearest(s->explainer, record) == s->allowed.entries[2].record);
	check_words(
		tsem_explain_reason, s, record,
		"The nearest that the model allows: /bin/tool, started by /bin/shell, opens /etc/passwd for reading. "
		"The difference: /etc/passwd there, /etc/shadow here; content 030303030303 there, 040404040404 here.");
	/* Of equally near ones, that of the same program. */
	record = sample_open(&seen, NULL, s->shell, "/etc/shadow", 4)->record;
	CHECK(tsem_explain_nearest(s->explainer, record) == s->allowed.entries[4].record);
	size = sizeof(*untrusted) + s->allowed.entries[2].record->cell_size;
	untrusted = malloc(size);
	memcpy(untrusted, s->allowed.entries[2].record, size);
	check_words(tsem_explain_reason, s, s->allowed.entries[2].record,
		    "The model allows it now; the one that it has replaced did not.");
	untrusted->flags |= TSEM_RECORD_UNTRUSTED;
	check_words(tsem_explain_reason, s, untrusted,
		    "The model allows it, but the process is untrusted since an earlier violation.");
	free(untrusted);
	record = signal_to(&seen, s->shell, s->tool);
	CHECK(!tsem_explain_nearest(s->explainer, record));
	check_words(tsem_explain_reason, s, record, "The model allows no event of this kind (task_kill).");
	tsem_set_add(&bare, s->unknown, NULL);
	blind = tsem_explainer_create(&bare);
	tsem_explain_reason(blind, record, &text);
	CHECK_TEXT(text.data, "The model has only coefficients, so tsem cannot name an allowed event.");
	text.size = 0;
	tsem_explain_reason(without, record, &text);
	CHECK(!text.size && !tsem_explain_nearest(without, record));
	tsem_buffer_deinit(&text);
	tsem_explainer_destroy(blind);
	tsem_explainer_destroy(without);
	tsem_set_deinit(&bare);
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

static unsigned least_distance(const struct tsem_set *set, const struct tsem_record *record)
{
	unsigned least = UINT_MAX;

	for (size_t i = 0; i < set->count; i++) {
		unsigned distance = set->entries[i].record->event == record->event ?
					    tsem_record_distance(set->entries[i].record, record) :
					    UINT_MAX;

		least = distance < least ? distance : least;
	}
	return least;
}

/* Whatever the model has, what is found is as near as anything in it: by the same object, and by the longest beginning. */
void test_explain_nearest_of_many(void)
{
	static const char *const asked[] = {
		"/srv/d7/f77/x", "/srv/d7/f7", "/srv/d19/other", "/srv/none", "/srv", "/z", "/"};
	struct tsem_set allowed = {}, seen = {};
	tsem_u8 programs[3][TSEM_DIGEST_SIZE];
	struct tsem_explainer *explainer;
	char path[64];

	for (int i = 0; i < 3; i++)
		sample_exec(&allowed, NULL, i == 0 ? "/bin/a" : i == 1 ? "/bin/b" : "/bin/c", i, programs[i]);
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "/srv/d%d/f%d/x", i % 20, i % 300);
		sample_open(&allowed, NULL, programs[i % 2], path, i % 250);
	}
	explainer = tsem_explainer_create(&allowed);
	for (size_t i = 0; i < 3 * sizeof(asked) / sizeof(*asked); i++) {
		const struct tsem_record *record = sample_open(&seen, NULL, programs[i % 3], asked[i / 3], 255)->record;
		const struct tsem_record *nearest = tsem_explain_nearest(explainer, record);

		CHECK(nearest && tsem_record_distance(nearest, record) == least_distance(&allowed, record));
	}
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&allowed);
	tsem_set_deinit(&seen);
}

void test_explain_programs(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	struct tsem_buffer text = {};
	tsem_u8 other[TSEM_DIGEST_SIZE];
	const struct tsem_record *record;

	/* The same path, another content: another program with the same name. */
	sample_exec(&seen, s->shell, "/bin/tool", 9, other);
	tsem_explainer_learn_set(s->explainer, &seen);
	record = sample_open(&seen, s->shell, other, "/etc/passwd", 3)->record;
	tsem_explain_difference(s->explainer, s->allowed.entries[2].record, record, &text);
	CHECK_TEXT(text.data, "program of another version or started in another way");
	text.size = 0;
	record = sample_open(&seen, NULL, s->shell, "/etc/passwd", 3)->record;
	tsem_explain_difference(s->explainer, s->allowed.entries[2].record, record, &text);
	CHECK_TEXT(text.data, "program /bin/tool there, /bin/shell here; parent program /bin/shell there, tsem here");
	tsem_buffer_deinit(&text);
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

/* A model that begins with another program than the run: said once it is seen; not of what comes later. */
void test_explain_beginning(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	struct tsem_buffer text = {};
	tsem_u8 task[TSEM_DIGEST_SIZE], nobody[TSEM_DIGEST_SIZE] = {0};

	CHECK(!tsem_explain_beginning(s->explainer, s->allowed.entries[0].record, &text));
	CHECK(!tsem_explain_beginning(s->explainer, sample_exec(&seen, s->tool, "/bin/other", 4, task)->record, &text));
	CHECK(!text.size &&
	      tsem_explain_beginning(s->explainer, sample_exec(&seen, NULL, "/bin/other", 4, task)->record, &text));
	CHECK_TEXT(
		text.data,
		"This model begins with /bin/shell, this run begins with /bin/other: the identity of a program includes its parent.");
	text.size = 0;
	CHECK(tsem_explain_beginning(s->explainer, sample_open(&seen, NULL, nobody, "/bin/other", 4)->record, &text));
	/* A script that the model begins with: the program that it executes is its interpreter. */
	sample_open(&s->allowed, NULL, nobody, "/bin/script", 5);
	CHECK(!tsem_explain_beginning(s->explainer, sample_open(&seen, NULL, nobody, "/bin/script", 6)->record, &text));
	check_words(tsem_explain_action, s, sample_open(&seen, s->shell, s->tool, "/x", 4)->record,
		    "/bin/tool, started by /bin/shell, opens /x for reading");
	tsem_buffer_deinit(&text);
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

/* What others start in a control group is not started by tsem. */
void test_explain_outside(void)
{
	static const struct {
		const char *group, *start, *open;
	} all[] = {
		{"/sys/fs/cgroup/system.slice/web.service", "systemd opens /x for reading",
		 "/bin/shell, started by systemd, opens /x for reading"},
		{"/sys/fs/cgroup/work", "a process outside opens /x for reading",
		 "/bin/shell, started from outside, opens /x for reading"},
		{"/sys/fs/cgroup/x.slice/libpod-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
		 "the container runtime opens /x for reading",
		 "/bin/shell, started by the container runtime, opens /x for reading"},
		{NULL, "tsem opens /x for reading", "/bin/shell, started by tsem, opens /x for reading"},
	};
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	struct tsem_buffer text = {};
	tsem_u8 task[TSEM_DIGEST_SIZE], nobody[TSEM_DIGEST_SIZE] = {0};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		tsem_explainer_begin(s->explainer, all[i].group);
		check_words(tsem_explain_action, s, sample_open(&seen, NULL, nobody, "/x", 4)->record, all[i].start);
		check_words(tsem_explain_action, s, sample_open(&seen, NULL, s->shell, "/x", 4)->record, all[i].open);
	}
	tsem_explainer_begin(s->explainer, all[0].group);
	CHECK(tsem_explain_beginning(s->explainer, sample_exec(&seen, NULL, "/bin/other", 4, task)->record, &text));
	CHECK_TEXT(
		text.data,
		"In this model systemd starts /bin/shell, here it starts /bin/other. If that belongs to the workload, let the unit start it while tsem learns.");
	tsem_buffer_deinit(&text);
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

/*
 * A process that executes a second time is looked for by its name among all programs that one parent has started: however
 * many a workload starts, that takes no longer, and no more memory than for so many.
 */
void test_explain_crowd(void)
{
	struct scene *s = create_scene();
	struct tsem_set seen = {};
	tsem_u8 task[TSEM_DIGEST_SIZE];
	struct tsem_record *again = sample_exec(&seen, s->tool, "/bin/next", 1, task)->record;
	clock_t began;
	char path[32];

	for (unsigned i = 0; i < TSEM_EXPLAINER_PROGRAMS + 10; i++) {
		struct tsem_set one = {};

		snprintf(path, sizeof(path), "/tmp/x%u", i);
		tsem_explainer_learn(s->explainer, sample_exec(&one, s->tool, path, 1, task)->record);
		tsem_set_deinit(&one);
	}
	again->ttd = again->p_ttd + 2;
	memcpy(again->comm, "x65535", 7);
	check_words(tsem_explain_program, s, again, "/tmp/x65535");
	memcpy(again->comm, "x65536", 7);
	check_words(tsem_explain_program, s, again, "a process called 'x65536'");
	began = clock();
	for (unsigned i = 0; i < 1000; i++) {
		struct tsem_buffer text = {};

		tsem_explain_program(s->explainer, again, &text);
		tsem_buffer_deinit(&text);
	}
	CHECK(clock() - began < CLOCKS_PER_SEC);
	tsem_set_deinit(&seen);
	destroy_scene(s);
}

static void check_verdict(struct tsem_record *record, tsem_u32 flags, const char *expected)
{
	struct tsem_buffer text = {};

	record->flags = flags;
	tsem_explain_verdict(record, &text);
	CHECK_TEXT(text.data, expected);
	tsem_buffer_deinit(&text);
}

void test_explain_verdicts(void)
{
	struct scene *s = create_scene();
	struct tsem_record *record = s->allowed.entries[2].record;

	check_verdict(record, TSEM_RECORD_VIOLATION, "not in the model, let through");
	check_verdict(record, TSEM_RECORD_VIOLATION | TSEM_RECORD_UNTRUSTED, "let through");
	check_verdict(record, TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED, "refused");
	CHECK(!tsem_explain_failure(record));
	check_verdict(record, TSEM_RECORD_FAILED, "let through");
	record->failure = TSEM_FAILURE_size;
	CHECK(tsem_explain_failure(record) && !tsem_explain_nearest(s->explainer, record));
	check_words(tsem_explain_reason, s, record,
		    "The reason: it is larger than 16 MiB and the model does not have its size, so it was not read.");
	record->failure = 0xffff;
	CHECK_HOLDS(tsem_explain_failure(record), "this version does not know");
	destroy_scene(s);
}

/* Of a session: its model is what is allowed, and the programs of all that it has seen are known. */
void test_explain_session(void)
{
	struct tsem_session session = {.model = tsem_model_create("session", TSEM_OPTION_PORTABLE)};
	tsem_u8 shell[TSEM_DIGEST_SIZE], seen[TSEM_DIGEST_SIZE], refused[TSEM_DIGEST_SIZE];
	const tsem_u8 *tasks[] = {shell, seen, refused};
	static const char *const paths[] = {"/bin/shell", "/bin/seen", "/bin/refused"};
	struct tsem_explainer *explainer;

	sample_exec(&session.model->set, NULL, paths[0], 1, shell);
	sample_exec(&session.trajectory, shell, paths[1], 2, seen);
	sample_exec(&session.forensics, shell, paths[2], 3, refused);
	explainer = explainer_of(&session);
	for (int i = 0; i < 3; i++) {
		struct tsem_record record = {};
		struct tsem_buffer text = {};

		memcpy(record.task_id, tasks[i], TSEM_DIGEST_SIZE);
		tsem_explain_program(explainer, &record, &text);
		CHECK_TEXT(text.data, paths[i]);
		tsem_buffer_deinit(&text);
	}
	CHECK(tsem_explain_nearest(explainer, session.forensics.entries[0].record) ==
	      session.model->set.entries[0].record);
	tsem_explainer_destroy(explainer);
	tsem_model_destroy(session.model);
	session.model = NULL;
	explainer = explainer_of(&session);
	CHECK(explainer && !tsem_explain_nearest(explainer, session.forensics.entries[0].record));
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&session.trajectory);
	tsem_set_deinit(&session.forensics);
}

/* ---- findings ---- */

static struct tsem_entry *violate(struct tsem_set *set, tsem_u8 *task, const char *path, unsigned pid, unsigned ppid,
				  tsem_u32 flags)
{
	struct tsem_entry *entry = sample_open(set, NULL, task, path, 1);

	entry->record->pid = pid;
	entry->record->ppid = ppid;
	entry->record->flags = TSEM_RECORD_VIOLATION | flags;
	return entry;
}

void test_findings_leaders(void)
{
	static const size_t leaders[] = {0, 0, 0, 3, 3, TSEM_FINDING_NOBODY};
	tsem_u8 task[TSEM_DIGEST_SIZE] = {1};
	struct tsem_set set = {};
	struct tsem_findings findings;
	size_t refused = 99;
	tsem_u64 times = 99;

	violate(&set, task, "/a", 10, 1, TSEM_RECORD_REFUSED);
	violate(&set, task, "/b", 10, 1, TSEM_RECORD_UNTRUSTED | TSEM_RECORD_REFUSED)->count = 4;
	violate(&set, task, "/c", 11, 10, TSEM_RECORD_UNTRUSTED); /* a child of it */
	violate(&set, task, "/d", 10, 1, 0); /* the same number, a new process */
	violate(&set, task, "/e", 10, 1, TSEM_RECORD_UNTRUSTED | TSEM_RECORD_REFUSED);
	violate(&set, task, "/f", 77, 76, TSEM_RECORD_UNTRUSTED);
	if (!CHECK(!tsem_findings_init(&findings, &set, NULL)))
		return;
	for (size_t i = 0; i < set.count; i++)
		CHECK(findings.leaders[i] == leaders[i]);
	CHECK(findings.violations == 2 && findings.refused == 3);
	CHECK(tsem_findings_followers(&findings, 0, &refused, &times) == 2 && refused == 1 && times == 5);
	CHECK(tsem_findings_followers(&findings, 3, &refused, &times) == 1 && refused == 1 && times == 1);
	CHECK(tsem_findings_followers(&findings, TSEM_FINDING_NOBODY, &refused, &times) == 1 && refused == 0);
	CHECK(tsem_findings_consequences(&findings) == 7);
	tsem_findings_deinit(&findings);
	tsem_set_deinit(&set);
}

/*
 * Alike are events that differ only in their object, in one directory; a violation whose record was lost is like no
 * other, nor is one about a secret.
 */
void test_findings_alike(void)
{
	tsem_u8 task[TSEM_DIGEST_SIZE] = {1}, other[TSEM_DIGEST_SIZE] = {2}, lost[TSEM_DIGEST_SIZE] = {3};
	struct tsem_set set = {};
	struct tsem_findings findings;
	tsem_u64 times = 0;

	violate(&set, task, "/etc/a", 10, 1, 0)->count = 5;
	violate(&set, task, "/etc/b", 12, 1, 0)->count = 2;
	violate(&set, other, "/etc/a", 13, 1, 0)->count = 1;
	tsem_set_add(&set, lost, NULL)->count = 1;
	violate(&set, task, "/etc/shadow", 10, 1, 0);
	violate(&set, task, "/var/a", 10, 1, 0);
	if (!CHECK(!tsem_findings_init(&findings, &set, NULL)))
		return;
	CHECK(findings.violations == 6);
	CHECK(findings.likes[0] == 0 && findings.likes[1] == 0 && findings.likes[2] == 2 && findings.likes[3] == 3);
	CHECK(findings.likes[4] == 4 && findings.likes[5] == 5);
	CHECK(tsem_findings_alike(&findings, 0, &times) == 2 && times == 7);
	CHECK(tsem_findings_alike(&findings, 2, &times) == 1 && times == 1);
	CHECK(tsem_findings_alike(&findings, 3, &times) == 1 && times == 1);
	tsem_findings_deinit(&findings);
	tsem_set_deinit(&set);
}
