/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All in which two models differ: each kind of difference alone makes them different, and is told from its side. */
#include <errno.h>
#include <string.h>

#include "../../lib/model/difference.h"
#include "sample.h"
#include "unit.h"

struct two {
	struct tsem_model *models[2];
	struct difference found;
};

/* content: of the file that the model's only program is. */
static struct tsem_model *create_one(tsem_u32 options, tsem_u8 content)
{
	struct tsem_model *model = tsem_model_create("two", options);
	tsem_u8 shell[TSEM_DIGEST_SIZE];

	sample_exec(&model->set, NULL, "/bin/shell", content, shell);
	sample_open(&model->set, NULL, shell, "/etc/passwd", 3);
	return model;
}

static struct two create_two(tsem_u32 options, tsem_u8 content)
{
	return (struct two){.models = {create_one(TSEM_OPTION_PORTABLE, 1), create_one(options, content)}};
}

static bool find(struct two *two)
{
	struct tsem_error error = {};

	return !difference_find(two->models[0], two->models[1], &two->found, &error) ||
	       unit_fail(__FILE__, __LINE__, "%s", error.text);
}

static void discard(struct two *two)
{
	difference_deinit(&two->found);
	tsem_model_destroy(two->models[0]);
	tsem_model_destroy(two->models[1]);
}

/* All of one side, each between brackets. */
static void list_settings(const struct difference *found, int side, struct tsem_buffer *text)
{
	size_t cursor = 0, size;
	const char *line;

	text->size = 0;
	tsem_buffer_printf(text, ":");
	while ((line = difference_next_setting(found, side, &cursor, &size)))
		tsem_buffer_printf(text, "[%.*s]", (int)size, line);
}

static void list_calls(const struct difference *found, int side, struct tsem_buffer *text)
{
	const struct tsem_call *call;
	size_t cursor = 0;

	text->size = 0;
	tsem_buffer_printf(text, ":");
	while ((call = difference_next_call(found, side, &cursor))) {
		tsem_buffer_printf(text, "[");
		tsem_call_format(call, text);
		tsem_buffer_printf(text, "]");
	}
}

void test_difference_none(void)
{
	struct two two = create_two(TSEM_OPTION_PORTABLE, 1);
	struct tsem_buffer text = {};

	CHECK(find(&two) && difference_is_none(&two.found) && !difference_in_settings(&two.found));
	for (int side = 0; side < 2; side++) {
		list_settings(&two.found, side, &text);
		CHECK_TEXT(text.data, ":");
	}
	tsem_buffer_deinit(&text);
	discard(&two);
}

/* The order of the patterns is a difference, although each side has each line of the other. */
static void check_order(void)
{
	static const char *const patterns[2] = {"/tmp/a{digit 4}", "/tmp/b{digit 4}"};
	struct two two = create_two(TSEM_OPTION_PORTABLE, 1);
	struct tsem_name_rule rule;
	struct tsem_buffer text = {};

	for (int i = 0; i < 4; i++) {
		const char *pattern = patterns[(i % 2) ^ (i / 2)];

		CHECK(!tsem_pattern_parse(pattern, strlen(pattern), &rule, NULL));
		CHECK(!tsem_model_add_pattern(two.models[i / 2], &rule));
	}
	CHECK(find(&two) && !difference_is_none(&two.found));
	list_settings(&two.found, 0, &text);
	CHECK_TEXT(text.data, ":");
	tsem_buffer_deinit(&text);
	discard(&two);
}

static void check_trees(void)
{
	struct two two = create_two(TSEM_OPTION_PORTABLE, 1);
	struct tsem_buffer text = {};

	CHECK(!tsem_model_add_tree(two.models[0], "/a:r", NULL) && !tsem_model_add_tree(two.models[1], "/a:rw", NULL));
	CHECK(find(&two) && !difference_is_none(&two.found));
	list_settings(&two.found, 0, &text);
	CHECK_TEXT(text.data, ":[tree /a:r]");
	list_settings(&two.found, 1, &text);
	CHECK_TEXT(text.data, ":[tree /a:rw]");
	tsem_buffer_deinit(&text);
	discard(&two);
}

void test_difference_settings(void)
{
	struct two two = create_two(TSEM_OPTION_PORTABLE | TSEM_OPTION_BYPASS(TSEM_CLASS_NETWORK), 1);
	struct tsem_buffer text = {};

	CHECK(find(&two) && difference_in_settings(&two.found) && !difference_is_none(&two.found));
	list_settings(&two.found, 0, &text);
	CHECK_TEXT(text.data, ":");
	list_settings(&two.found, 1, &text);
	CHECK_TEXT(text.data, ":[bypass network]");
	tsem_buffer_deinit(&text);
	discard(&two);
	check_order();
	check_trees();
}

static void add_calls(struct tsem_model *model, const char *const *names)
{
	model->calls.known = true;
	for (; *names; names++)
		CHECK(tsem_calls_add(&model->calls, *names, 0) == 1);
}

/* A list that only one model has is a difference, and none of its calls is one: nothing is known of the other's. */
void test_difference_calls(void)
{
	struct two two = create_two(TSEM_OPTION_PORTABLE, 1);
	struct tsem_buffer text = {};

	add_calls(two.models[0], (const char *const[]){"mount", "ptrace", NULL});
	CHECK(find(&two) && !difference_is_none(&two.found));
	list_calls(&two.found, 0, &text);
	CHECK_TEXT(text.data, ":");
	difference_deinit(&two.found);
	add_calls(two.models[1], (const char *const[]){"ptrace", "swapon", "reboot", NULL});
	CHECK(find(&two) && !difference_is_none(&two.found));
	list_calls(&two.found, 0, &text);
	CHECK_TEXT(text.data, ":[mount]");
	list_calls(&two.found, 1, &text);
	CHECK_TEXT(text.data, ":[reboot][swapon]");
	tsem_buffer_deinit(&text);
	discard(&two);
}

void test_difference_sizes(void)
{
	struct two two = create_two(TSEM_OPTION_PORTABLE, 1);
	size_t cursor = 0;

	CHECK(tsem_sizes_add(&two.models[0]->large, TSEM_CONTENT_SMALL + 10ull) == 1);
	CHECK(tsem_sizes_add(&two.models[1]->large, TSEM_CONTENT_SMALL + 10ull) == 1);
	CHECK(tsem_sizes_add(&two.models[1]->large, TSEM_CONTENT_SMALL + 20ull) == 1);
	CHECK(find(&two) && !difference_is_none(&two.found));
	CHECK(!difference_next_size(&two.found, 0, &cursor));
	cursor = 0;
	CHECK(difference_next_size(&two.found, 1, &cursor) == TSEM_CONTENT_SMALL + 20ull);
	CHECK(!difference_next_size(&two.found, 1, &cursor));
	discard(&two);
}

static void list_decisions(const struct difference *found, int side, struct tsem_buffer *text)
{
	const struct tsem_decision *decision;
	size_t cursor = 0;

	text->size = 0;
	tsem_buffer_printf(text, ":");
	while ((decision = difference_next_decision(found, side, &cursor)))
		tsem_buffer_printf(text, "[%s]", decision->who);
}

/* Each part of a decision alone makes it another one; that a content has changed does not. */
void test_difference_decisions(void)
{
	static const struct tsem_decision decisions[] = {
		{.allow = true, .time = 5, .who = "a", .why = "b"},
		{.allow = true, .time = 6, .who = "a", .why = "b"},
		{.allow = true, .time = 5, .who = "c", .why = "b"},
		{.allow = true, .time = 5, .who = "a", .why = "d"},
		{.time = 5, .who = "a", .why = "b"},
	};
	struct tsem_buffer text = {};

	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct two two = create_two(TSEM_OPTION_PORTABLE, 9);

		for (size_t side = 0; side < 2; side++) {
			struct tsem_decision decision = decisions[side ? i : 0];

			memcpy(decision.key, two.models[side]->set.entries[1].coefficient, TSEM_DIGEST_SIZE);
			CHECK(!tsem_model_decide(two.models[side], &decision));
		}
		CHECK(find(&two));
		list_decisions(&two.found, 0, &text);
		CHECK_TEXT(text.data, i ? ":[a]" : ":");
		list_decisions(&two.found, 1, &text);
		CHECK_TEXT(text.data, !i ? ":" : i == 2 ? ":[c]" : ":[a]");
		discard(&two);
	}
	tsem_buffer_deinit(&text);
}

/* That one model has a decision is a difference, although both allow the same. */
void test_difference_decided(void)
{
	static const struct tsem_decision decision = {.time = 5, .who = "a", .why = ""};
	struct two two = create_two(TSEM_OPTION_PORTABLE, 1);

	CHECK(!tsem_model_decide(two.models[1], &decision));
	CHECK(find(&two) && !difference_is_none(&two.found));
	discard(&two);
}

/* Another content of the only program is one difference, although all events have other coefficients by it. */
void test_difference_contents(void)
{
	struct two two = create_two(TSEM_OPTION_PORTABLE, 9);
	const struct tsem_content *content;
	size_t cursor = 0;

	CHECK(find(&two) && !difference_is_none(&two.found) && !two.found.events.pair_count);
	content = difference_next_content(&two.found, &cursor);
	if (CHECK(content))
		CHECK_TEXT(content->path, "/bin/shell");
	CHECK(!difference_next_content(&two.found, &cursor));
	discard(&two);
}

/* Each in its turn: a coefficient without an event, an event of its own, and one that has a partner. */
void test_difference_events(void)
{
	static const tsem_u8 bare[TSEM_DIGEST_SIZE] = {7};

	for (int kind = 0; kind < 3; kind++) {
		struct two two = create_two(TSEM_OPTION_PORTABLE, 1);
		tsem_u8 shell[TSEM_DIGEST_SIZE];

		memcpy(shell, two.models[1]->set.entries[0].record->task_id, sizeof(shell));
		if (kind == 0)
			tsem_set_add(&two.models[1]->set, bare, NULL);
		if (kind == 2)
			sample_open(&two.models[0]->set, NULL, shell, "/var/log/one", 0);
		if (kind > 0)
			sample_open(&two.models[1]->set, NULL, shell, "/var/log/two", 0);
		CHECK(find(&two) && !difference_is_none(&two.found));
		CHECK(two.found.events.pair_count == (kind == 2) && two.found.events.count[1] == (kind == 1));
		discard(&two);
	}
}
