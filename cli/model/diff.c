/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compares what two models allow, by events. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../report/listing.h"
#include "verbs.h"
#include "../text/text.h"

struct difference {
	const struct invocation *invocation;
	struct tsem_buffer paths[2]; /* as they may be printed */
	struct tsem_model *models[2];
	struct tsem_buffer settings[2];
	struct tsem_comparison found;
	struct tsem_explainer *explainer;
	struct listing listings[2], changes;
};

/* ---- events ---- */

static size_t count_changed(const struct tsem_contents *contents)
{
	size_t count = 0, i;

	for (i = 0; i < contents->count; i++)
		count += tsem_content_changed(&contents->items[i]);
	return count;
}

static int list_pair(struct difference *diff, const struct tsem_pair *pair)
{
	struct tsem_buffer note = {0};
	int status;

	tsem_buffer_printf(&note, ": ");
	tsem_explain_difference(diff->explainer, pair->a->record, pair->b->record, &note);
	status = listing_add(&diff->changes, diff->explainer, pair->a, note.data, diff->invocation->error);
	tsem_buffer_deinit(&note);
	return status;
}

static int list_events(struct difference *diff)
{
	int status = 0, side;
	size_t i;

	tsem_explainer_learn_set(diff->explainer, &diff->models[0]->set);
	tsem_explainer_learn_set(diff->explainer, &diff->models[1]->set);
	for (i = 0; i < diff->found.pair_count && status == 0; i++)
		status = list_pair(diff, &diff->found.pairs[i]);
	for (side = 0; side < 2; side++)
		for (i = 0; i < diff->found.count[side] && status == 0; i++)
			status = listing_add(&diff->listings[side], diff->explainer, diff->found.only[side][i], NULL,
					     diff->invocation->error);
	return status;
}

/* ---- settings ---- */

static size_t line_size(const char *text)
{
	return strcspn(text, "\n");
}

static bool has_line(const char *text, const char *line, size_t size)
{
	for (; *text; text += line_size(text) + 1)
		if (line_size(text) == size && memcmp(text, line, size) == 0)
			return true;
	return false;
}

/* The next line from *at on that the other side does not have; NULL at the end. */
static const char *next_setting(const struct difference *diff, int side, const char **at, size_t *ret_size)
{
	const char *line;

	while (**at) {
		line = *at;
		*ret_size = line_size(line);
		*at += *ret_size + 1;
		if (!has_line(diff->settings[!side].data, line, *ret_size))
			return line;
	}
	return NULL;
}

static bool same_settings(const struct difference *diff)
{
	return strcmp(diff->settings[0].data, diff->settings[1].data) == 0;
}

static void print_settings(const struct difference *diff)
{
	const char *at, *line;
	size_t size;
	int side;

	if (same_settings(diff))
		return;
	puts("The models do not model the same:");
	for (side = 0; side < 2; side++) {
		at = diff->settings[side].data;
		while ((line = next_setting(diff, side, &at, &size)))
			printf("  only %s: %.*s\n", diff->paths[side].data, (int)size, line);
	}
}

static void write_settings(const struct difference *diff, int side, struct writer *writer)
{
	const char *at = diff->settings[side].data, *line;
	struct tsem_buffer text = {0};
	size_t size;

	writer_open(writer, side ? "settings_only_in_b" : "settings_only_in_a", '[');
	while ((line = next_setting(diff, side, &at, &size))) {
		text.size = 0;
		tsem_buffer_add(&text, line, size);
		writer_buffer(writer, NULL, &text);
	}
	writer_close(writer, ']');
	tsem_buffer_deinit(&text);
}

/* ---- system calls ---- */

/* The next from *at on that the other side does not let through; NULL at the end. */
static const struct tsem_call *next_call(const struct difference *diff, int side, size_t *at)
{
	const struct tsem_calls *calls = &diff->models[side]->calls, *other = &diff->models[!side]->calls;

	while (calls->known && other->known && *at < calls->count) {
		const struct tsem_call *call = &calls->items[(*at)++];

		if (!tsem_calls_have(other, call->entry, call->argument))
			return call;
	}
	return NULL;
}

static bool same_calls(const struct difference *diff)
{
	size_t a = 0, b = 0;

	return diff->models[0]->calls.known == diff->models[1]->calls.known && !next_call(diff, 0, &a) &&
	       !next_call(diff, 1, &b);
}

static void print_calls(const struct difference *diff)
{
	const struct tsem_call *call;

	for (int side = 0; side < 2; side++) {
		struct tsem_buffer text = {0};
		size_t at = 0;

		if (diff->models[side]->calls.known && !diff->models[!side]->calls.known)
			printf("Only %s has a list of system calls.\n", diff->paths[side].data);
		while ((call = next_call(diff, side, &at))) {
			tsem_buffer_printf(&text, text.size ? ", " : "");
			tsem_call_describe(call, &text);
		}
		if (text.size)
			printf("System calls only in %s: %s.\n", diff->paths[side].data, text.data);
		tsem_buffer_deinit(&text);
	}
}

/* null: it has no list. */
static void write_calls(const struct difference *diff, int side, struct writer *writer)
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
	while ((call = next_call(diff, side, &at))) {
		text.size = 0;
		tsem_call_format(call, &text);
		writer_buffer(writer, NULL, &text);
	}
	writer_close(writer, ']');
	tsem_buffer_deinit(&text);
}

/* ---- sizes of large contents ---- */

/* The next from *at on that the other side does not have; 0 at the end. */
static tsem_u64 next_size(const struct difference *diff, int side, size_t *at)
{
	const struct tsem_sizes *sizes = &diff->models[side]->large;

	while (*at < sizes->count) {
		tsem_u64 size = sizes->items[(*at)++];

		if (!tsem_sizes_have(&diff->models[!side]->large, size))
			return size;
	}
	return 0;
}

static bool same_sizes(const struct difference *diff)
{
	size_t a = 0, b = 0;

	return !next_size(diff, 0, &a) && !next_size(diff, 1, &b);
}

static void print_sizes(const struct difference *diff)
{
	for (int side = 0; side < 2; side++) {
		const char *separator = "";
		size_t at = 0;
		tsem_u64 size;

		while ((size = next_size(diff, side, &at))) {
			if (!*separator)
				printf("Sizes of large contents only in %s: ", diff->paths[side].data);
			printf("%s%llu", separator, size);
			separator = ", ";
		}
		if (*separator)
			puts(".");
	}
}

static void write_sizes(const struct difference *diff, int side, struct writer *writer)
{
	size_t at = 0;
	tsem_u64 size;

	writer_open(writer, side ? "sizes_only_in_b" : "sizes_only_in_a", '[');
	while ((size = next_size(diff, side, &at)))
		writer_number(writer, NULL, size);
	writer_close(writer, ']');
}

/* ---- the result ---- */

static bool is_same(const struct difference *diff)
{
	const struct tsem_comparison *found = &diff->found;

	return same_settings(diff) && same_sizes(diff) && same_calls(diff) && !count_changed(&found->contents) &&
	       !found->pair_count && !found->count[0] && !found->count[1] && !found->bare[0] && !found->bare[1];
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void print_contents(const struct difference *diff)
{
	const struct tsem_content *content;

	for (size_t i = 0; i < diff->found.contents.count; i++) {
		content = &diff->found.contents.items[i];
		if (!tsem_content_changed(content))
			continue;
		fputs("The content of ", stdout);
		print_styled(stdout, STYLE_STRONG, content->path);
		printf(" changed: %zu event%s depend%s on it.\n", content->events, plural(content->events),
		       content->events == 1 ? "s" : "");
	}
}

static void print_difference(struct difference *diff)
{
	int side;

	if (is_same(diff)) {
		printf("The models allow the same: %zu coefficients.\n", diff->models[0]->set.count);
		return;
	}
	print_settings(diff);
	print_sizes(diff);
	print_calls(diff);
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
		if (diff->found.bare[side])
			printf("Only in %s, %zu coefficient%s without an event: tsem can say nothing about %s.\n",
			       diff->paths[side].data, diff->found.bare[side], plural(diff->found.bare[side]),
			       diff->found.bare[side] == 1 ? "it" : "them");
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

static void write_difference(struct difference *diff)
{
	struct writer writer;
	size_t i;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "a", diff->invocation->operands[1]);
	writer_string(&writer, "b", diff->invocation->operands[2]);
	writer_bool(&writer, "same", is_same(diff));
	write_settings(diff, 0, &writer);
	write_settings(diff, 1, &writer);
	write_sizes(diff, 0, &writer);
	write_sizes(diff, 1, &writer);
	write_calls(diff, 0, &writer);
	write_calls(diff, 1, &writer);
	writer_open(&writer, "contents", '[');
	for (i = 0; i < diff->found.contents.count; i++)
		if (tsem_content_changed(&diff->found.contents.items[i]))
			write_content(&diff->found.contents.items[i], &writer);
	writer_close(&writer, ']');
	listing_write(&diff->changes, "changed", &writer);
	listing_write(&diff->listings[0], "only_in_a", &writer);
	listing_write(&diff->listings[1], "only_in_b", &writer);
	writer_number(&writer, "coefficients_without_event_only_in_a", diff->found.bare[0]);
	writer_number(&writer, "coefficients_without_event_only_in_b", diff->found.bare[1]);
	writer_close(&writer, '}');
}

static int compare(struct difference *diff)
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
	tsem_model_settings(diff->models[0], &diff->settings[0]);
	tsem_model_settings(diff->models[1], &diff->settings[1]);
	diff->explainer = tsem_explainer_create(NULL);
	if (diff->settings[0].failed || diff->settings[1].failed || diff->paths[0].failed || diff->paths[1].failed ||
	    !diff->explainer)
		return tsem_error_set(error, ENOMEM, "out of memory");
	status = tsem_model_compare(diff->models[0], diff->models[1], &diff->found, error);
	return status ? status : list_events(diff);
}

int model_diff(const struct invocation *invocation)
{
	struct difference diff = {.invocation = invocation};
	int status = compare(&diff), side;

	if (status == 0) {
		if (invocation_given(invocation, OPTION_model_json))
			write_difference(&diff);
		else
			print_difference(&diff);
		status = is_same(&diff) ? 0 : STATUS_DIFFERENT;
	}
	tsem_comparison_deinit(&diff.found);
	listing_deinit(&diff.changes);
	for (side = 0; side < 2; side++) {
		listing_deinit(&diff.listings[side]);
		tsem_buffer_deinit(&diff.settings[side]);
		tsem_buffer_deinit(&diff.paths[side]);
		tsem_model_destroy(diff.models[side]);
	}
	tsem_explainer_destroy(diff.explainer);
	return status;
}
