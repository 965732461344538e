/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compares what two models allow, by events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/model/difference.h"
#include "../report/decisions.h"
#include "../report/listing.h"
#include "verbs.h"
#include "../text/text.h"

struct comparing {
	const struct invocation *invocation;
	struct tsem_buffer paths[2]; /* as they may be printed */
	struct tsem_model *models[2];
	struct difference found;
	struct tsem_explainer *explainer;
	struct listing listings[2], changes;
};

/* ---- events ---- */

static int list_pair(struct comparing *diff, const struct tsem_pair *pair)
{
	struct tsem_buffer note = {0};
	int status;

	tsem_buffer_printf(&note, ": ");
	tsem_explain_difference(diff->explainer, pair->a->record, pair->b->record, &note);
	status = listing_add(&diff->changes, diff->explainer, pair->a, note.data, diff->invocation->error);
	tsem_buffer_deinit(&note);
	return status;
}

static int list_events(struct comparing *diff)
{
	int status = 0, side;
	size_t i;

	tsem_explainer_learn_set(diff->explainer, &diff->models[0]->set);
	tsem_explainer_learn_set(diff->explainer, &diff->models[1]->set);
	for (i = 0; i < diff->found.events.pair_count && status == 0; i++)
		status = list_pair(diff, &diff->found.events.pairs[i]);
	for (side = 0; side < 2; side++)
		for (i = 0; i < diff->found.events.count[side] && status == 0; i++)
			status = listing_add(&diff->listings[side], diff->explainer, diff->found.events.only[side][i],
					     NULL, diff->invocation->error);
	return status;
}

/* ---- settings ---- */

static void print_settings(const struct comparing *diff)
{
	const char *line;
	size_t size;

	if (!difference_in_settings(&diff->found))
		return;
	puts("The models do not model the same things:");
	for (int side = 0; side < 2; side++) {
		size_t at = 0;

		while ((line = difference_next_setting(&diff->found, side, &at, &size)))
			printf("  only %s: %.*s\n", diff->paths[side].data, (int)size, line);
	}
}

static void write_settings(const struct comparing *diff, int side, struct writer *writer)
{
	struct tsem_buffer text = {0};
	size_t at = 0, size;
	const char *line;

	writer_open(writer, side ? "settings_only_in_b" : "settings_only_in_a", '[');
	while ((line = difference_next_setting(&diff->found, side, &at, &size))) {
		text.size = 0;
		tsem_buffer_add(&text, line, size);
		writer_buffer(writer, NULL, &text);
	}
	writer_close(writer, ']');
	tsem_buffer_deinit(&text);
}

/* ---- system calls ---- */

static void print_calls(const struct comparing *diff)
{
	const struct tsem_call *call;

	for (int side = 0; side < 2; side++) {
		struct tsem_buffer text = {0};
		size_t at = 0;

		if (diff->models[side]->calls.known && !diff->models[!side]->calls.known)
			printf("Only %s has a list of system calls.\n", diff->paths[side].data);
		while ((call = difference_next_call(&diff->found, side, &at))) {
			tsem_buffer_printf(&text, text.size ? ", " : "");
			tsem_call_describe(call, &text);
		}
		if (text.size)
			printf("System calls only in %s: %s.\n", diff->paths[side].data, text.data);
		tsem_buffer_deinit(&text);
	}
}

/* null: it has no list. */
static void write_calls(const struct comparing *diff, int side, struct writer *writer)
{
	const char *key = side ? "syscalls_only_in_b" : "syscalls_only_in_a";
	struct tsem_buffer text = {0};
	const struct tsem_call *call;
	size_t at = 0;

	if (!diff->models[side]->calls.known) {
		writer_null(writer, key);
		return;
	}
	writer_open(writer, key, '[');
	while ((call = difference_next_call(&diff->found, side, &at))) {
		text.size = 0;
		tsem_call_format(call, &text);
		writer_buffer(writer, NULL, &text);
	}
	writer_close(writer, ']');
	tsem_buffer_deinit(&text);
}

/* ---- sizes of large contents ---- */

static void print_sizes(const struct comparing *diff)
{
	for (int side = 0; side < 2; side++) {
		const char *separator = "";
		size_t at = 0;
		tsem_u64 size;

		while ((size = difference_next_size(&diff->found, side, &at))) {
			if (!*separator)
				printf("Sizes of large contents only in %s: ", diff->paths[side].data);
			printf("%s%llu", separator, size);
			separator = ", ";
		}
		if (*separator)
			puts(".");
	}
}

static void write_sizes(const struct comparing *diff, int side, struct writer *writer)
{
	size_t at = 0;
	tsem_u64 size;

	writer_open(writer, side ? "sizes_only_in_b" : "sizes_only_in_a", '[');
	while ((size = difference_next_size(&diff->found, side, &at)))
		writer_number(writer, NULL, size);
	writer_close(writer, ']');
}

/* ---- decisions ---- */

static void print_decisions(const struct comparing *diff)
{
	const struct tsem_decision *decision;
	struct tsem_buffer text = {0};
	bool headed = false;

	for (int side = 0; side < 2; side++) {
		size_t at = 0;

		while ((decision = difference_next_decision(&diff->found, side, &at))) {
			if (!headed)
				printf("Decisions (- only in %s, + only in %s):\n", diff->paths[0].data,
				       diff->paths[1].data);
			headed = true;
			text.size = 0;
			decision_describe(decision, &text);
			fputs(side ? "  + " : "  - ", stdout);
			print_styled(stdout, STYLE_PLAIN, text.data ? text.data : "?");
			putchar('\n');
		}
	}
	tsem_buffer_deinit(&text);
}

static void write_decisions(const struct comparing *diff, int side, struct writer *writer)
{
	const struct tsem_decision *decision;
	size_t at = 0;

	writer_open(writer, side ? "decisions_only_in_b" : "decisions_only_in_a", '[');
	while ((decision = difference_next_decision(&diff->found, side, &at)))
		decision_write(decision, writer);
	writer_close(writer, ']');
}

/* ---- the result ---- */

static void print_contents(const struct comparing *diff)
{
	const struct tsem_content *content;
	size_t at = 0;

	while ((content = difference_next_content(&diff->found, &at))) {
		fputs("The content of ", stdout);
		print_styled(stdout, STYLE_STRONG, content->path);
		printf(" changed: %zu event%s depend%s on it.\n", content->events, plural(content->events),
		       content->events == 1 ? "s" : "");
	}
}

static void print_difference(struct comparing *diff)
{
	int side;

	if (difference_is_none(&diff->found)) {
		printf("The models allow the same events: %zu coefficients.\n", diff->models[0]->set.count);
		return;
	}
	print_settings(diff);
	print_sizes(diff);
	print_calls(diff);
	print_decisions(diff);
	print_contents(diff);
	if (diff->changes.count)
		printf("Changed, %zu event%s (there: %s, here: %s):\n", diff->changes.count,
		       plural(diff->changes.count), diff->paths[0].data, diff->paths[1].data);
	listing_print(&diff->changes);
	for (side = 0; side < 2; side++) {
		if (diff->listings[side].count)
			printf("Only in %s, %zu event%s:\n", diff->paths[side].data, diff->listings[side].count,
			       plural(diff->listings[side].count));
		listing_print(&diff->listings[side]);
	}
	for (side = 0; side < 2; side++)
		if (diff->found.events.bare[side])
			printf("Only in %s, %zu coefficient%s without an event: tsem can say nothing about %s.\n",
			       diff->paths[side].data, diff->found.events.bare[side],
			       plural(diff->found.events.bare[side]),
			       diff->found.events.bare[side] == 1 ? "it" : "them");
}

static void write_content(const struct tsem_content *content, struct writer *writer)
{
	writer_open(writer, NULL, '{');
	writer_string(writer, "path", content->path);
	writer_string(writer, "type", content->type);
	writer_hex(writer, "a", content->digest);
	writer_hex(writer, "b", content->replacement);
	writer_number(writer, "events", content->events);
	writer_close(writer, '}');
}

static void write_difference(struct comparing *diff)
{
	const struct tsem_content *content;
	struct writer writer;
	size_t at = 0;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "a", diff->invocation->operands[1]);
	writer_string(&writer, "b", diff->invocation->operands[2]);
	writer_bool(&writer, "same", difference_is_none(&diff->found));
	write_settings(diff, 0, &writer);
	write_settings(diff, 1, &writer);
	write_sizes(diff, 0, &writer);
	write_sizes(diff, 1, &writer);
	write_calls(diff, 0, &writer);
	write_calls(diff, 1, &writer);
	write_decisions(diff, 0, &writer);
	write_decisions(diff, 1, &writer);
	writer_open(&writer, "contents", '[');
	while ((content = difference_next_content(&diff->found, &at)))
		write_content(content, &writer);
	writer_close(&writer, ']');
	listing_write(&diff->changes, "changed", &writer);
	listing_write(&diff->listings[0], "only_in_a", &writer);
	listing_write(&diff->listings[1], "only_in_b", &writer);
	writer_number(&writer, "coefficients_without_event_only_in_a", diff->found.events.bare[0]);
	writer_number(&writer, "coefficients_without_event_only_in_b", diff->found.events.bare[1]);
	writer_close(&writer, '}');
}

static int compare(struct comparing *diff)
{
	struct tsem_error *error = diff->invocation->error;
	int status = 0, side;

	for (side = 0; side < 2 && status == 0; side++) {
		const char *path = diff->invocation->operands[1 + side];

		text_escape(&diff->paths[side], path, strlen(path));
		status = model_get(diff->invocation, path, &diff->models[side]);
	}
	if (status)
		return status;
	diff->explainer = tsem_explainer_create(NULL);
	if (diff->paths[0].failed || diff->paths[1].failed || !diff->explainer)
		return tsem_error_set(error, ENOMEM, "out of memory");
	status = difference_find(diff->models[0], diff->models[1], &diff->found, error);
	return status ? status : list_events(diff);
}

int model_diff(const struct invocation *invocation)
{
	struct comparing diff = {.invocation = invocation};
	int status = compare(&diff), side;

	if (status == 0) {
		if (invocation_given(invocation, OPTION_model_json))
			write_difference(&diff);
		else
			print_difference(&diff);
		status = difference_is_none(&diff.found) ? 0 : STATUS_DIFFERENT;
	}
	difference_deinit(&diff.found);
	listing_deinit(&diff.changes);
	for (side = 0; side < 2; side++) {
		listing_deinit(&diff.listings[side]);
		tsem_buffer_deinit(&diff.paths[side]);
		tsem_model_destroy(diff.models[side]);
	}
	tsem_explainer_destroy(diff.explainer);
	return status;
}
