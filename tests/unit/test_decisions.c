/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people have decided: a list in memory, lines of the file, and what becomes of it when the model changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"
#include "sample.h"
#include "model_lines.h"
#include "unit.h"

#define NOON 1796047402ull /* 2026-11-30T14:03:22Z */

static struct tsem_decision make(bool allow, tsem_u8 first, tsem_u64 time, const char *who, const char *why)
{
	return (struct tsem_decision){
		.allow = allow, .time = time, .key = {first}, .who = (char *)who, .why = (char *)why};
}

static int decide(struct tsem_model *model, bool allow, tsem_u8 first, tsem_u64 time, const char *who)
{
	struct tsem_decision decision = make(allow, first, time, who, "why");

	return tsem_model_decide(model, &decision);
}

static const struct tsem_decision *find(const struct tsem_model *model, bool allow, tsem_u8 first)
{
	const tsem_u8 key[TSEM_DIGEST_SIZE] = {first};

	return tsem_model_decision(model, allow, key);
}

static struct tsem_model *create_model(void)
{
	struct tsem_model *model = tsem_model_create("n", TSEM_OPTION_PORTABLE);

	for (tsem_u8 i = 1; i < 10; i++)
		tsem_set_add(&model->set, (const tsem_u8[TSEM_DIGEST_SIZE]){i}, NULL);
	model->runs = 1;
	return model;
}

void test_decisions_list(void)
{
	struct tsem_model *model = create_model();
	char who[] = "root@terminal";

	CHECK(!find(model, true, 1) && !find(model, false, 1));
	for (tsem_u8 i = 0; i < 9; i++) /* 4 and 9 have no common divisor: each once, in no order */
		CHECK(!decide(model, true, 1 + i * 4 % 9, NOON, who) && !decide(model, false, i * 4 % 9, NOON, who));
	who[0] = 'x'; /* it was copied */
	CHECK(model->decision_count == 18);
	for (size_t i = 1; i < model->decision_count; i++)
		CHECK(decision_order(&model->decisions[i - 1], &model->decisions[i]) < 0);
	for (tsem_u8 i = 1; i < 9; i++)
		CHECK(find(model, true, i) && find(model, true, i)->allow && find(model, true, i)->key[0] == i &&
		      find(model, false, i) && !find(model, false, i)->allow);
	CHECK(!find(model, true, 0) && find(model, true, 9) && find(model, false, 0) && !find(model, false, 9));
	CHECK_TEXT(model->decisions[0].who, "root@terminal");
	CHECK(!decide(model, true, 5, NOON + 1, "later") && !decide(model, true, 5, NOON, "earlier"));
	CHECK(!decide(model, false, 5, NOON, "again"));
	CHECK(model->decision_count == 18 && find(model, true, 5)->time == NOON + 1);
	CHECK_TEXT(find(model, true, 5)->who, "later");
	CHECK_TEXT(find(model, false, 5)->who, "again");
	tsem_model_destroy(model);
}

void test_decisions_refused(void)
{
	static char w63[64], w64[65], y1023[1024], y1024[1025];
	static const struct {
		const char *who, *why;
		tsem_u64 time;
		bool valid;
	} tries[] = {
		{"w", "", NOON, true},
		{"\xc3\xa4\n", "a b", 1, true},
		{w63, y1023, 253402300799ull, true},
		{"w", "", 253402300800ull, false},
		{"w", "", 0, false},
		{"w", "", ~0ull, false},
		{"", "", NOON, false},
		{NULL, "", NOON, false},
		{"a b", "", NOON, false},
		{w64, "", NOON, false},
		{"w", NULL, NOON, false},
		{"w", y1024, NOON, false},
	};
	struct tsem_model *model = create_model();
	struct tsem_buffer text = {0};
	struct tsem_error error = {0};

	memset(w63, 'w', 63);
	memset(w64, 'w', 64);
	memset(y1023, 'y', 1023);
	memset(y1024, 'y', 1024);
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		struct tsem_decision decision = make(true, 3, tries[i].time, tries[i].who, tries[i].why);

		CHECK(tsem_model_decide(model, &decision) == (tries[i].valid ? 0 : -EINVAL));
	}
	CHECK(model->decision_count == 1);
	CHECK(decide(model, true, 77, NOON, "w") == -EINVAL); /* no such coefficient */
	CHECK(!decide(model, false, 77, NOON, "w"));
	CHECK(!model_format(model, &text, &error));
	model->decisions[1].time = 0;
	CHECK(model_format(model, &text, &error) == -EINVAL);
	CHECK_HOLDS(error.text, "model n: decision 2 cannot be written");
	tsem_buffer_deinit(&text);
	tsem_model_destroy(model);
}

static void add_many(struct tsem_model *model, tsem_u32 first, tsem_u32 count)
{
	struct tsem_decision decision = make(false, 0, NOON, "w", "");
	int r = 0;

	for (tsem_u32 i = first; !r && i < first + count; i++) {
		decision.key[1] = i >> 16;
		decision.key[2] = i >> 8;
		decision.key[3] = i;
		r = tsem_model_decide(model, &decision);
	}
	CHECK(!r);
}

/* As many as may be: one more is refused, another time for one of them is not; the file and a merge say so, too. */
void test_decisions_many(void)
{
	struct tsem_model *model = create_model(), *other = create_model(), *copy = NULL;
	struct tsem_buffer text = {0};
	struct tsem_error error = {0};

	add_many(model, 0, TSEM_DECISIONS_MAX);
	CHECK(decide(model, false, 1, NOON, "w") == -E2BIG && !decide(model, false, 0, NOON + 1, "other"));
	CHECK(model->decision_count == TSEM_DECISIONS_MAX && find(model, false, 0)->time == NOON + 1);
	CHECK(!model_format(model, &text, &error));
	CHECK(!model_parse(text.data, text.size, "m", &copy, &error) && copy->decision_count == TSEM_DECISIONS_MAX);
	add_many(other, TSEM_DECISIONS_MAX / 2, TSEM_DECISIONS_MAX / 2 + 1);
	CHECK(tsem_model_merge(model, other, &error) == -E2BIG);
	CHECK_HOLDS(error.text, "models n and n together have more than 65536 decisions");
	CHECK(model->decision_count == TSEM_DECISIONS_MAX && model->runs == 1 && !model->source_count);
	CHECK(tsem_model_carry(model, other, &error) == -E2BIG);
	CHECK_HOLDS(error.text, "models n and n together have more than 65536 decisions");
	CHECK(!tsem_model_merge(copy, model, &error) && copy->decision_count == TSEM_DECISIONS_MAX);
	tsem_buffer_deinit(&text);
	tsem_model_destroy(copy);
	tsem_model_destroy(other);
	tsem_model_destroy(model);
}

/* ---- the file ---- */

#define A "0000000000000000000000000000000000000000000000000000000000000001"
#define B "00000000000000000000000000000000000000000000000000000000000000fe"
#define END "coefficients 1\n" A "\n"
#define T " 2026-11-30T14:03:22Z "
#define W63 "012345678901234567890123456789012345678901234567890123456789012"

#define WORD "a decision that begins with \"allow\" or \"deny\" is expected"
#define TIME "the time of the decision is expected here"
#define KEY "64 lower-case hexadecimal digits are expected after the time"
#define WHO "who decided is expected here"
#define WHY "this is not the text of a decision"

static const struct {
	const char *lines, *reason; /* NULL: a model of so many decisions, which is written as it was */
	size_t count;
} files[] = {
	{END, NULL, 0},
	{"decisions 1\nallow" T A " w\n" END, NULL, 1},
	{"decisions 1\nallow" T A " w a b\n" END, NULL, 1},
	{"decisions 1\nallow" T A " w  a b \n" END, NULL, 1},
	{"decisions 1\nallow" T A " w  \n" END, NULL, 1},
	{"decisions 1\ndeny" T A " w\\x20\n" END, "line 8: " WHO, 0},
	{"decisions 1\ndeny" T A " w\\x0a\\xc3\\xa4\\x5c a\\x0a\\x1b[2J\\xff \\x7f\n" END, NULL, 1},
	{"decisions 1\ndeny" T A " " W63 " x\n" END, NULL, 1},
	{"large 17000000\nsyscalls 1\nopen\ndecisions 3\nallow" T A " w x\ndeny" T A " w x\ndeny" T B " w x\n" END,
	 NULL, 3},
	{"decisions 0\n" END, "line 7: an empty list of decisions is left out", 0},
	{"decisions 2\ndeny" T A " w " W63 W63 "\n" END, "line 9: " WORD, 0},
	{"decisions 2\ndeny" T A " w " W63 W63 "\n", "line 9: there are fewer decisions than stated", 0},
	{"decisions 1\ndeny" T A " w\ndeny" T B " w\n" END, "line 9: \"coefficients\" is expected", 0},
	{"decisions 9\ndeny" T A " w\n" END, "line 7: this is more than the file can hold", 0},
	{"decisions 1\ndeny" T A " w\ndecisions 1\ndeny" T B " w\n" END, "line 9: \"coefficients\" is expected", 0},
	{"decisions 01\n" END, "line 7: this is not a decimal number", 0},
	{"decisions \n" END, "line 7: this is not a decimal number", 0},
	{"decisions\n" END, "line 7: \"coefficients\" is expected", 0},
	{"decisions 1\nsyscalls 1\nopen\n" END, "line 8: " WORD, 0},
	{END "decisions 1\ndeny" T A " w\n", "line 9: \"trajectory\" is expected", 0},
	{"decisions 1\ndeny" T A " w x\nsyscalls 1\nopen\n" END, "line 9: \"coefficients\" is expected", 0},
	{"decisions 1\nrefuse" T A " w x\n" END, "line 8: " WORD, 0},
	{"decisions 1\nALLOW" T A " w x\n" END, "line 8: " WORD, 0},
	{"decisions 1\n deny" T A " w x\n" END, "line 8: " WORD, 0},
	{"decisions 1\ndeny 2026-11-30 " A " w 0123456789\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny 2026-11-30T14:03:22 " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny 2026-02-30T14:03:22Z " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny 2026-11-30T14:03:60Z " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny 1970-01-01T00:00:00Z " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny +0000000000000000001d " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny +000000000000000001d " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny  2026-11-30T14:03:22Z " A " w 01\n" END, "line 8: " TIME, 0},
	{"decisions 1\ndeny" T "0x" A " w\n" END, "line 8: " KEY, 0},
	{"decisions 1\ndeny" T "000000000000000000000000000000000000000000000000000000000000000G w\n" END,
	 "line 8: " KEY, 0},
	{"decisions 1\ndeny" T "00000000000000000000000000000000000000000000000000000000000000FE w\n" END,
	 "line 8: " KEY, 0},
	{"decisions 1\ndeny" T "00000000000000000000000000000000000000000000000000000000000000 www\n" END,
	 "line 8: " KEY, 0},
	{"decisions 1\ndeny" T A "  w\n" END, "line 8: " WHO, 0},
	{"decisions 1\nallow" T A " \n\n" END, "line 8: " WHO, 0},
	{"decisions 1\nallow" T A "\nx\n" END, "line 8: " WHO, 0},
	{"decisions 1\ndeny" T A " " W63 "3 x\n" END, "line 8: " WHO, 0},
	{"decisions 1\ndeny" T A " w\t x\n" END, "line 8: " WHO, 0},
	{"decisions 1\ndeny" T A " w\\x41 x\n" END, "line 8: " WHO, 0},
	{"decisions 1\ndeny" T A " w\\x00 x\n" END, "line 8: " WHO, 0},
	{"decisions 1\ndeny" T A " w \n" END, "line 8: " WHY, 0},
	{"decisions 1\ndeny" T A " w a\\x20b\n" END, "line 8: " WHY, 0},
	{"decisions 1\ndeny" T A " w a\tb\n" END, "line 8: " WHY, 0},
	{"decisions 1\ndeny" T A " w \xc3\xa4\n" END, "line 8: " WHY, 0},
	{"decisions 1\ndeny" T A " w \x1b[31m\n" END, "line 8: " WHY, 0},
	{"decisions 1\ndeny" T A " w \\\n" END, "line 8: " WHY, 0},
	{"decisions 1\ndeny" T A " w \\x0A\n" END, "line 8: " WHY, 0},
	{"decisions 2\ndeny" T A " w\nallow" T A " w\n" END, "line 9: the decisions are not in ascending order", 0},
	{"decisions 2\ndeny" T B " w\ndeny" T A " w\n" END, "line 9: the decisions are not in ascending order", 0},
	{"decisions 2\ndeny" T A " w\ndeny 2026-12-30T14:03:22Z " A " v\n" END, "line 9: this decision is there twice",
	 0},
	{"decisions 2\nallow" T A " w\nallow" T B " w\n" END,
	 "line 9: the coefficient that this decision allows is not", 0},
	{"decisions 1\nallow" T A " w\ncoefficients 0\n", "line 8: the coefficient that this decision allows is not",
	 0},
};

void test_decisions_file(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct tsem_model *model = NULL;
		struct tsem_buffer again = {};
		struct tsem_error error = {};
		int r = model_lines_parse(files[i].lines, &model, &error);

		if (files[i].reason) {
			if (CHECK(r == -EBADMSG))
				CHECK_HOLDS(error.text, files[i].reason);
		} else if (CHECK(!r) && CHECK(!model_format(model, &again, &error))) {
			CHECK(model->decision_count == files[i].count);
			CHECK(!memcmp(again.data + strlen(MODEL_LINES_HEAD), files[i].lines, strlen(files[i].lines)));
		}
		tsem_buffer_deinit(&again);
		tsem_model_destroy(model);
	}
}

/* The longest text comes back, and one byte more is refused. */
void test_decisions_long(void)
{
	struct tsem_model *model = NULL;
	struct tsem_error error = {};

	for (int size = 1023; size <= 1024; size++) {
		struct tsem_buffer lines = {};

		tsem_buffer_printf(&lines, "decisions 1\ndeny" T A " w ");
		for (int i = 0; i < size; i++)
			tsem_buffer_printf(&lines, "\\x1b");
		tsem_buffer_printf(&lines, "\n" END);
		if (size == 1023 && CHECK(!model_lines_parse(lines.data, &model, &error)))
			CHECK(strlen(model->decisions[0].why) == 1023 && model->decisions[0].why[1022] == '\x1b');
		if (size == 1024 && CHECK(model_lines_parse(lines.data, &model, &error) == -EBADMSG))
			CHECK_HOLDS(error.text, "line 8: " WHY);
		tsem_buffer_deinit(&lines);
	}
	tsem_model_destroy(model);
}

/* More than may be, in a file that could hold them. */
void test_decisions_count(void)
{
	struct tsem_buffer lines = {};
	struct tsem_model *model = NULL;
	struct tsem_error error = {};

	tsem_buffer_printf(&lines, "decisions %d\n", TSEM_DECISIONS_MAX + 1);
	for (int i = 0; i <= TSEM_DECISIONS_MAX; i++)
		tsem_buffer_printf(&lines, "deny" T "%064x w\n", i);
	tsem_buffer_printf(&lines, END);
	CHECK(model_lines_parse(lines.data, &model, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "line 7: a model has at most 65536 decisions");
	tsem_buffer_deinit(&lines);
}

/* ---- operations ---- */

/* They are no settings: models that differ in them can be merged. */
void test_decisions_merge(void)
{
	struct tsem_model *a = create_model(), *b = create_model();
	struct tsem_error error = {};

	CHECK(!decide(a, true, 1, NOON, "a") && !decide(a, true, 2, NOON + 1, "a") && !decide(a, false, 9, NOON, "a"));
	CHECK(!decide(b, true, 1, NOON + 1, "b") && !decide(b, true, 2, NOON, "b") && !decide(b, true, 3, NOON, "b"));
	CHECK(!decide(b, false, 1, NOON, "b"));
	CHECK(!tsem_model_merge(a, b, &error) && a->decision_count == 5 && b->decision_count == 4);
	CHECK_TEXT(find(a, true, 1)->who, "b");
	CHECK_TEXT(find(a, true, 2)->who, "a");
	CHECK_TEXT(find(a, true, 3)->who, "b");
	CHECK_TEXT(find(a, false, 1)->who, "b");
	CHECK_TEXT(find(a, false, 9)->who, "a");
	tsem_model_destroy(b);
	CHECK_TEXT(find(a, true, 1)->why, "why");
	tsem_model_destroy(a);
}

/* What allows an event that is dropped goes with it; what refuses stays. */
void test_decisions_minimise(void)
{
	struct tsem_model *model = tsem_model_create("n", TSEM_OPTION_PORTABLE);
	struct tsem_decision decision = make(true, 0, NOON, "w", "");
	tsem_u8 shell[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;

	model->runs = 4;
	entry = sample_exec(&model->set, NULL, "/bin/shell", 1, shell);
	entry->run = 1;
	entry->last = 4;
	memcpy(decision.key, entry->coefficient, TSEM_DIGEST_SIZE);
	CHECK(!tsem_model_decide(model, &decision));
	entry = sample_open(&model->set, NULL, shell, "/etc/passwd", 3);
	entry->run = entry->last = 1;
	memcpy(decision.key, entry->coefficient, TSEM_DIGEST_SIZE);
	CHECK(!tsem_model_decide(model, &decision) && !decide(model, false, 7, NOON, "w"));
	CHECK(!tsem_model_minimise(model, 2, NULL) && model->set.count == 1 && model->decision_count == 2);
	CHECK(tsem_model_decision(model, true, model->set.entries[0].coefficient) && find(model, false, 7));
	tsem_model_destroy(model);
}

static struct tsem_entry *allow_open(struct tsem_model *model, tsem_u8 *task, tsem_u8 content, tsem_u64 time)
{
	struct tsem_entry *entry = sample_open(&model->set, NULL, task, "/etc/passwd", content);
	struct tsem_decision decision = make(true, 0, time, "w", "");

	memcpy(decision.key, entry->coefficient, TSEM_DIGEST_SIZE);
	CHECK(!tsem_model_decide(model, &decision));
	return entry;
}

/* What allows an event follows it to its new coefficient; of two events that become one, the later decision stays. */
void test_decisions_rebase(void)
{
	struct tsem_model *model = tsem_model_create("n", TSEM_OPTION_PORTABLE);
	struct tsem_contents contents;
	struct tsem_rebased rebased;
	tsem_u8 shell[TSEM_DIGEST_SIZE];

	sample_exec(&model->set, NULL, "/bin/shell", 1, shell);
	allow_open(model, shell, 3, NOON + 1);
	allow_open(model, shell, 4, NOON);
	allow_open(model, shell, 5, NOON - 1);
	CHECK(!decide(model, false, 7, NOON, "w") && model->decision_count == 4);
	CHECK(!tsem_model_contents(model, &contents, NULL) && contents.count == 4);
	for (size_t i = 0; i < contents.count; i++)
		memset(contents.items[i].replacement, contents.items[i].digest[0] == 5 ? 6 : 8, TSEM_DIGEST_SIZE);
	CHECK(!tsem_model_rebase(model, &contents, &rebased, NULL) && model->set.count == 3);
	CHECK(model->decision_count == 3 && find(model, false, 7));
	for (size_t i = 1; i < model->set.count; i++) {
		const tsem_u8 *coefficient = model->set.entries[i].coefficient;
		const struct tsem_decision *decision = tsem_model_decision(model, true, coefficient);

		CHECK(decision && decision->time == (i == 1 ? NOON + 1 : NOON - 1));
	}
	tsem_contents_deinit(&contents);
	tsem_model_destroy(model);
}

/* Of a program under a name that a pattern replaces, nothing is kept. */
void test_decisions_carry(void)
{
	static const char pattern[] = "/tmp/x{hex 8}";
	struct tsem_model *old = tsem_model_create("n", TSEM_OPTION_PORTABLE);
	struct tsem_model *model = tsem_model_create("n", TSEM_OPTION_PORTABLE);
	struct tsem_decision decision = make(true, 0, NOON, "w", "");
	tsem_u8 shell[TSEM_DIGEST_SIZE];
	struct tsem_name_rule rule;

	CHECK(!tsem_pattern_parse(pattern, strlen(pattern), &rule, NULL) && !tsem_model_add_pattern(model, &rule));
	sample_exec(&old->set, NULL, "/bin/shell", 1, shell);
	sample_open(&old->set, NULL, shell, "/etc/passwd", 0);
	sample_open(&old->set, NULL, shell, "/tmp/x01234567", 0);
	for (size_t i = 0; i < old->set.count; i++) {
		memcpy(decision.key, old->set.entries[i].coefficient, TSEM_DIGEST_SIZE);
		CHECK(!tsem_model_decide(old, &decision));
	}
	CHECK(!decide(old, false, 7, NOON, "w") && old->decision_count == 4);
	CHECK(!tsem_model_carry(model, old, NULL) && model->set.count == 2 && model->decision_count == 3);
	CHECK(find(model, false, 7) && !tsem_model_decision(model, true, old->set.entries[2].coefficient));
	for (size_t i = 0; i < 2; i++)
		CHECK(tsem_model_decision(model, true, old->set.entries[i].coefficient));
	tsem_model_destroy(old);
	tsem_model_destroy(model);
}
