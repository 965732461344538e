/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether learning has converged, what keeps changing, and violations that become part of the model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/learn/curve.h"
#include "sample.h"
#include "unit.h"

/* ---- convergence ---- */

struct course {
	struct tsem_model *model;
	struct tsem_convergence convergence;
	tsem_u8 shell[TSEM_DIGEST_SIZE];
};

static struct course create_course(tsem_u32 stable)
{
	struct course c = {.model = tsem_model_create("course", TSEM_OPTION_PORTABLE)};

	c.convergence = (struct tsem_convergence){.model = c.model, .stable = stable};
	sample_exec(&c.model->set, NULL, "/bin/shell", 1, c.shell);
	return c;
}

static void destroy_course(struct course *c)
{
	tsem_convergence_deinit(&c->convergence);
	tsem_model_destroy(c->model);
}

/* One run, in which the shell opened the files; what the model did not have is new in it. */
static void run_course(struct course *c, const char *const *paths, size_t calls)
{
	struct tsem_session session = {};
	struct tsem_learning_run run = {.calls = calls};
	tsem_u32 number = c->convergence.count + 1;

	for (; *paths; paths++) {
		size_t before = c->model->set.count;
		struct tsem_entry *entry = sample_open(&c->model->set, NULL, c->shell, *paths, 0);

		run.fresh += c->model->set.count > before;
		entry->run = c->model->set.count > before ? number : entry->run;
		entry->last = number;
		tsem_set_add(&session.trajectory, entry->coefficient, NULL);
	}
	CHECK(!tsem_convergence_take(&c->convergence, &session, &run, NULL));
	tsem_set_deinit(&session.trajectory);
}

#define RUN(course, ...) run_course(course, (const char *const[]){__VA_ARGS__, NULL}, 0)

static void check_state(const struct course *c, enum tsem_converged converged, size_t quiet, size_t late, size_t fresh,
			size_t calls)
{
	struct tsem_convergence_state state = tsem_convergence_state(&c->convergence);

	CHECK(state.converged == converged);
	CHECK(tsem_convergence_reached(&c->convergence) == (converged == TSEM_CONVERGED));
	if (state.quiet != quiet || state.late != late || state.fresh != fresh || state.calls != calls)
		unit_fail(__FILE__, __LINE__, "run %zu: quiet %zu late %zu fresh %zu calls %zu", c->convergence.count,
			  state.quiet, state.late, state.fresh, state.calls);
}

void test_convergence_states(void)
{
	struct course c = create_course(3);

	check_state(&c, TSEM_CONVERGED_UNKNOWN, 0, 0, 0, 0);
	RUN(&c, "/a", "/b");
	check_state(&c, TSEM_CONVERGED_UNKNOWN, 0, 0, 0, 0);
	RUN(&c, "/a");
	check_state(&c, TSEM_CONVERGED_PERHAPS, 1, 1, 0, 0);
	RUN(&c, "/a", "/c");
	check_state(&c, TSEM_CONVERGED_NOT, 0, 2, 1, 0);
	RUN(&c, "/a");
	RUN(&c, "/a");
	check_state(&c, TSEM_CONVERGED_NOT, 2, 3, 1, 0);
	RUN(&c, "/a");
	check_state(&c, TSEM_CONVERGED, 3, 3, 0, 0);
	run_course(&c, (const char *const[]){"/a", NULL}, 2); /* a system call is something new as well */
	check_state(&c, TSEM_CONVERGED_NOT, 0, 3, 0, 2);
	CHECK(c.convergence.seen_count == c.model->set.count);
	CHECK(c.convergence.seen[1] == 7 && c.convergence.seen[2] == 1 && c.convergence.seen[3] == 1);
	destroy_course(&c);
}

/* Names that are others in each run are one deed; one that differs in more than its object is another. */
void test_convergence_changes(void)
{
	struct course c = create_course(2);
	struct tsem_changes changes;
	struct tsem_buffer action = {}, difference = {};

	RUN(&c, "/etc/passwd", "/tmp/job.a1B2c3D4");
	RUN(&c, "/etc/passwd", "/tmp/job.e5F6g7H8", "/tmp/job.k2L3m4N5");
	RUN(&c, "/etc/passwd", "/tmp/job.q9R8s7T6");
	check_state(&c, TSEM_CONVERGED_NOT, 0, 2, 3, 0);
	if (!CHECK(!tsem_changes_find(&c.convergence, &changes, NULL)))
		return;
	CHECK(changes.since == 2 && changes.count == 1 && changes.groups[0].count == 3);
	CHECK(changes.proposals.count == 1 && changes.proposals.changing == 3 && changes.proposals.explained == 3);
	tsem_change_describe(&changes, &c.convergence, &changes.groups[0], &action, &difference);
	CHECK_TEXT(action.data, "/bin/shell, started by tsem, opens /tmp/job.e5F6g7H8 for reading");
	CHECK_TEXT(difference.data,
		   "The nearest before: /bin/shell, started by tsem, opens /tmp/job.a1B2c3D4 for reading. "
		   "The difference: /tmp/job.a1B2c3D4 there, /tmp/job.e5F6g7H8 here.");
	tsem_buffer_deinit(&action);
	tsem_buffer_deinit(&difference);
	tsem_changes_deinit(&changes);
	destroy_course(&c);
}

/* Refusals of every mode are no such events: those that have a record, and those that are counted only. */
void test_learn_failed(void)
{
	struct course c = create_course(2);
	struct tsem_session session = {.status.refused = 5};
	size_t fresh, failed;

	for (unsigned i = 0; i < 2; i++) {
		struct tsem_entry *entry = sample_open(&session.forensics, NULL, c.shell, i ? "/x" : "/y", 0);

		entry->record->flags |= i ? TSEM_RECORD_FAILED : TSEM_RECORD_REFUSED;
		entry->count = 3 + i;
	}
	CHECK(!tsem_model_learn(c.model, &session, 1, &fresh, &failed, NULL) && !fresh && failed == 4);
	tsem_set_deinit(&session.forensics);
	destroy_course(&c);
}

/* Events that could not be modeled are kept over all runs, each once. */
void test_convergence_failed(void)
{
	struct course c = create_course(2);

	for (unsigned i = 0; i < 3; i++) {
		struct tsem_session session = {};
		struct tsem_learning_run run = {.fresh = 1};
		struct tsem_entry *entry = sample_open(&session.forensics, NULL, c.shell, i ? "/x" : "/y", 0);

		entry->record->flags |= i == 2 ? 0 : TSEM_RECORD_FAILED;
		entry->count = 10 + i;
		CHECK(!tsem_convergence_take(&c.convergence, &session, &run, NULL));
		if (i == 1) /* again */
			CHECK(!tsem_convergence_take(&c.convergence, &session, &run, NULL));
		tsem_set_deinit(&session.forensics);
	}
	CHECK(c.convergence.failed.count == 2 && c.convergence.count == 4);
	CHECK(c.convergence.failed.entries[0].count == 10 && c.convergence.failed.entries[1].count == 22);
	CHECK(c.convergence.failed.entries[1].record);
	destroy_course(&c);
}

static void check_verdict(const struct course *c, const char *expected)
{
	struct tsem_buffer text = {};

	curve_verdict(&c->convergence, &text);
	CHECK_TEXT(text.data, expected);
	tsem_buffer_deinit(&text);
}

void test_curve_verdicts(void)
{
	struct course c = create_course(3);

	RUN(&c, "/a", "/b");
	check_verdict(&c, "One run cannot tell whether this is all: learn with --until-converged.");
	RUN(&c, "/a");
	check_verdict(&c, "Perhaps converged: nothing new in the last 1 of 2 runs, and --stable asks for 3.");
	RUN(&c, "/a", "/c");
	check_verdict(&c, "Not converged: 1 new event in the last 2 of 3 runs.");
	RUN(&c, "/d", "/e");
	check_verdict(&c, "Not converged: 3 new events in the last 3 of 4 runs.");
	RUN(&c, "/a");
	RUN(&c, "/a");
	RUN(&c, "/a");
	check_verdict(&c, "Converged: nothing new in the last 3 of 7 runs.");
	run_course(&c, (const char *const[]){"/a", NULL}, 2);
	check_verdict(&c, "Not converged: 2 new system calls in the last 3 of 8 runs.");
	destroy_course(&c);
}

/* Never falling, and a whole power of two is sixteen times its exponent. */
void test_curve_heights(void)
{
	CHECK(curve_height(0) == 0 && curve_height(1) == 16 && curve_height(3) == 32 && curve_height(1023) == 160);
	CHECK(curve_height(~0ull) == 16 * 63 + 15);
	for (tsem_u64 i = 0; i < 5000; i++)
		if (curve_height(i) > curve_height(i + 1))
			unit_fail(__FILE__, __LINE__, "%llu is higher than the next number", i);
}

void test_curve_runs(void)
{
	struct course c = create_course(3);
	struct curve curve;

	curve = curve_last(&c.convergence, 60);
	CHECK(curve.first == 0 && curve.most == 1);
	RUN(&c, "/a", "/b", "/c", "/d");
	RUN(&c, "/e", "/f");
	RUN(&c, "/a");
	curve = curve_last(&c.convergence, 60);
	CHECK(curve.first == 0 && curve.most == 4);
	curve = curve_last(&c.convergence, 2);
	CHECK(curve.first == 1 && curve.most == 2);
	destroy_course(&c);
}

/* ---- violations that are none ---- */

struct adoption {
	struct tsem_session session;
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE];
};

/* Violations: 0 a file, 1 a program that starts, 2 what it does, 3 lost, 4 could not be modeled, 5 allowed, 6 too large */
static struct adoption create_adoption(void)
{
	static const tsem_u8 lost[TSEM_DIGEST_SIZE] = {9};
	struct adoption a = {.session.model = tsem_model_create("adopt", TSEM_OPTION_PORTABLE)};
	struct tsem_set *allowed = &a.session.model->set, *set = &a.session.forensics;

	sample_exec(allowed, NULL, "/bin/shell", 1, a.shell);
	sample_open(allowed, NULL, a.shell, "/etc/hosts", 1)->number = 40;
	sample_open(set, NULL, a.shell, "/etc/passwd", 1)->count = 5;
	sample_exec(set, a.shell, "/bin/tool", 2, a.tool);
	sample_open(set, a.shell, a.tool, "/etc/passwd", 1);
	tsem_set_add(set, lost, NULL);
	sample_open(set, NULL, a.shell, "/failed", 1)->record->flags = TSEM_RECORD_FAILED;
	sample_open(set, NULL, a.shell, "/etc/hosts", 1);
	sample_open(set, NULL, a.shell, "/large", 1)->record->flags = TSEM_RECORD_FAILED;
	set->entries[6].record->failure = TSEM_FAILURE_size;
	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].record)
			set->entries[i].record->flags |=
				TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED | TSEM_RECORD_UNTRUSTED;
	return a;
}

static void destroy_adoption(struct adoption *a)
{
	tsem_model_destroy(a->session.model);
	tsem_set_deinit(&a->session.forensics);
}

void test_adopt_faults(void)
{
	static const char *const faults[] = {
		NULL, NULL, NULL, "was lost", "could not be modeled", "was untrusted", "of its size"};
	struct adoption a = create_adoption();
	struct tsem_error error = {};
	size_t strangers = 77;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		bool chosen[7] = {true};
		const char *fault = tsem_session_adopt_fault(&a.session, i);

		chosen[i] = true;
		if (!CHECK(!fault == !faults[i]) || !fault)
			continue;
		CHECK_HOLDS(fault, faults[i]);
		CHECK(tsem_session_adopt(&a.session, chosen, &strangers, &error) == -EINVAL);
		CHECK_HOLDS(error.text, faults[i]);
		CHECK(a.session.model->set.count == 2 && strangers == 77);
	}
	destroy_adoption(&a);
}

void test_adopt(void)
{
	struct adoption a = create_adoption();
	const bool chosen[7] = {true, false, true}, start[7] = {false, true};
	const struct tsem_set *set = &a.session.model->set;
	size_t strangers = 0;

	CHECK(!tsem_session_adopt(&a.session, chosen, &strangers, NULL));
	CHECK(set->count == 4 && strangers == 1);
	CHECK(set->entries[2].number == 41 && set->entries[3].number == 42 && set->entries[2].count == 5);
	/* The model has the event, not what became of it. */
	CHECK(set->entries[2].record != a.session.forensics.entries[0].record && !set->entries[2].record->flags);
	CHECK(a.session.forensics.entries[0].record->flags & TSEM_RECORD_REFUSED);
	CHECK(tsem_session_adopt_fault(&a.session, 0));
	/* With its start it is no stranger any more. */
	CHECK(!tsem_session_adopt(&a.session, start, &strangers, NULL) && set->count == 5 && !strangers);
	destroy_adoption(&a);
}
