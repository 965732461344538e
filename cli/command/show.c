/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/hex.h"
#include "../frame/cmd.h"
#include "../text/output.h"
#include "../report/decisions.h"
#include "../report/review.h"
#include "../report/subject.h"
#include "../report/summary.h"

#define HEX_SIZE (2 * TSEM_DIGEST_SIZE + 1)

static int compare_coefficients(const void *a, const void *b)
{
	const struct tsem_entry *const *left = a, *const *right = b;

	return memcmp((*left)->coefficient, (*right)->coefficient, TSEM_DIGEST_SIZE);
}

/* In order of first appearance; events that were not seen, or have no known time, come last. */
static int compare_numbers(const void *a, const void *b)
{
	const struct tsem_entry *const *left = a, *const *right = b;
	tsem_u64 x = (*left)->number - 1, y = (*right)->number - 1;

	return x == y ? compare_coefficients(a, b) : x < y ? -1 : 1;
}

static const struct tsem_entry **sort_entries(const struct tsem_set *set, int (*compare)(const void *, const void *))
{
	const struct tsem_entry **sorted = calloc(set->count + 1, sizeof(*sorted));
	size_t i;

	if (!sorted)
		return NULL;
	for (i = 0; i < set->count; i++)
		sorted[i] = &set->entries[i];
	qsort(sorted, set->count, sizeof(*sorted), compare);
	return sorted;
}

static void print_event(const struct tsem_explainer *explainer, const struct tsem_entry *entry)
{
	struct tsem_buffer text = {0};
	char hex[HEX_SIZE];

	if (entry->record) {
		tsem_explain_program(explainer, entry->record, &text);
		tsem_buffer_printf(&text, ": ");
		tsem_record_describe(entry->record, &text);
	} else {
		hex_format(entry->coefficient, TSEM_DIGEST_SIZE, hex);
		tsem_buffer_printf(&text, "an event that is not recorded, coefficient %s", hex);
	}
	printf("%7llu %s\n", entry->count, text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
}

/* One object per line. An entry without event still is a line: nothing is left out silently. */
static void write_event(const struct tsem_entry *entry)
{
	struct tsem_buffer line = {0};
	char hex[HEX_SIZE];

	if (entry->record) {
		tsem_record_to_json(entry->record, &line);
	} else {
		hex_format(entry->coefficient, TSEM_DIGEST_SIZE, hex);
		tsem_buffer_printf(&line, "{\"coefficient\": \"%s\", \"count\": \"%llu\"}", hex, entry->count);
	}
	printf("%s\n", line.data ? line.data : "{}");
	tsem_buffer_deinit(&line);
}

static int show_set(const struct subject *subject, const struct tsem_set *set, bool json, struct tsem_error *error)
{
	const struct tsem_entry **sorted = sort_entries(set, compare_numbers);
	struct tsem_explainer *explainer = subject_explainer(subject);
	int status = 0;
	size_t i;

	if (!sorted || !explainer)
		status = tsem_error_set(error, ENOMEM, "out of memory for %zu events", set->count);
	for (i = 0; i < set->count && status == 0; i++) {
		if (json)
			write_event(sorted[i]);
		else
			print_event(explainer, sorted[i]);
	}
	tsem_explainer_destroy(explainer);
	free(sorted);
	return status;
}

static int show_trajectory(const struct subject *subject, bool json, struct tsem_error *error)
{
	return show_set(subject, subject->trajectory, json, error);
}

static int show_forensics(const struct subject *subject, bool json, struct tsem_error *error)
{
	if (!subject->forensics)
		return tsem_error_set(error, EINVAL, "'%s' is a model, which has no forensics; name a session",
				      subject->name);
	return show_set(subject, subject->forensics, json, error);
}

static void print_entry(const struct tsem_entry *entry, bool counts)
{
	char hex[HEX_SIZE];

	hex_format(entry->coefficient, TSEM_DIGEST_SIZE, hex);
	if (counts)
		printf("%7llu ", entry->count);
	printf("%s\n", hex);
}

static void write_entry(struct writer *writer, const struct tsem_entry *entry, bool counts)
{
	if (!counts) {
		writer_hex(writer, NULL, entry->coefficient);
		return;
	}
	writer_open(writer, NULL, '{');
	writer_hex(writer, "coefficient", entry->coefficient);
	writer_number(writer, "count", entry->count);
	writer_close(writer, '}');
}

static int show_entries(const struct subject *subject, bool counts, bool json, struct tsem_error *error)
{
	const struct tsem_entry **sorted = sort_entries(subject->trajectory, compare_coefficients);
	struct writer writer;
	size_t i;

	if (!sorted)
		return tsem_error_set(error, ENOMEM, "out of memory for %zu coefficients", subject->trajectory->count);
	writer_init(&writer, stdout);
	if (json)
		writer_open(&writer, NULL, '[');
	for (i = 0; i < subject->trajectory->count; i++) {
		if (json)
			write_entry(&writer, sorted[i], counts);
		else
			print_entry(sorted[i], counts);
	}
	if (json)
		writer_close(&writer, ']');
	free(sorted);
	return 0;
}

static int show_coefficients(const struct subject *subject, bool json, struct tsem_error *error)
{
	return show_entries(subject, false, json, error);
}

static int show_counts(const struct subject *subject, bool json, struct tsem_error *error)
{
	return show_entries(subject, true, json, error);
}

static void print_digest(const char *key, const tsem_u8 *digest, bool json)
{
	struct writer writer;
	char hex[HEX_SIZE];

	if (!json) {
		hex_format(digest, TSEM_DIGEST_SIZE, hex);
		puts(hex);
		return;
	}
	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_hex(&writer, key, digest);
	writer_close(&writer, '}');
}

static int show_state(const struct subject *subject, bool json, struct tsem_error *error)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	int status = subject_state(subject, digest, error);

	if (status == 0)
		print_digest("state", digest, json);
	return status;
}

static int show_measurement(const struct subject *subject, bool json, struct tsem_error *error)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	int status = subject_measurement(subject, digest, error);

	if (status == 0)
		print_digest("measurement", digest, json);
	return status;
}

static void write_calls(const struct tsem_calls *calls)
{
	struct tsem_buffer text = {0};
	struct writer writer;
	size_t i;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (i = 0; i < calls->count; i++) {
		text.size = 0;
		tsem_call_format(&calls->items[i], &text);
		writer_buffer(&writer, NULL, &text);
	}
	writer_close(&writer, ']');
	tsem_buffer_deinit(&text);
}

static int show_syscalls(const struct subject *subject, bool json, struct tsem_error *error)
{
	const struct tsem_model *model = subject->model ? subject->model : subject->session->model;
	struct tsem_buffer text = {0};
	size_t i;

	if (!model || !model->calls.known)
		return tsem_error_set(error, ENODATA, "%s has no list of system calls: %s", subject->name,
				      model ? "its model was learned without one" : "it has no model");
	if (json) {
		write_calls(&model->calls);
		return 0;
	}
	for (i = 0; i < model->calls.count; i++) {
		tsem_call_describe(&model->calls.items[i], &text);
		tsem_buffer_printf(&text, "\n");
	}
	fputs(text.data ? text.data : "", stdout);
	tsem_buffer_deinit(&text);
	return 0;
}

typedef int (*show_fn)(const struct subject *subject, bool json, struct tsem_error *error);

/* Without a part: the summary. */
static show_fn find_part(const char *name)
{
	static const struct {
		const char *name;
		show_fn show;
	} parts[] = {
		{"trajectory", show_trajectory}, {"forensics", show_forensics}, {"coefficients", show_coefficients},
		{"counts", show_counts},	 {"state", show_state},		{"measurement", show_measurement},
		{"events", summary_events},	 {"review", review_print},	{"decisions", decisions_print},
	};

	for (size_t i = 0; name && i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return parts[i].show;
	return name ? NULL : summary_print;
}

/* The part to show; NULL, and the error set, when it does not apply. */
static show_fn choose_part(const struct invocation *invocation)
{
	const char *name = invocation->operand_count > 1 ? invocation->operands[1] : NULL;
	show_fn show = find_part(name);

	if (!show)
		usage_error(invocation, "there is no part '%s'", name);
	if (!invocation_given(invocation, OPTION_show_syscalls))
		return show;
	if (name)
		usage_error(invocation, "give --syscalls or a part, not both");
	return name ? NULL : show_syscalls;
}

int cmd_show(const struct invocation *invocation)
{
	const char *keys = invocation_value(invocation, OPTION_show_keys);
	show_fn show = choose_part(invocation);
	struct tsem_keyring keyring = {0};
	struct subject subject;
	int status = show ? 0 : STATUS_USAGE;

	if (status == 0 && keys)
		status = tsem_keyring_add_directory(&keyring, keys, invocation->error);
	if (status == 0)
		status = subject_open(invocation->operands[0], keys ? &keyring : NULL, &subject, invocation->error);
	if (status == 0) {
		status = show(&subject, invocation_given(invocation, OPTION_show_json), invocation->error);
		subject_close(&subject);
	}
	tsem_keyring_deinit(&keyring);
	return status;
}
