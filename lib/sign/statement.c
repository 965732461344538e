/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "statement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "../event/digest.h"
#include "../event/tally.h"
#include "../json/members.h"
#include "../model/model.h"

#define SUBJECTS_MAX 1024

/* For readers of the statement that do not read the model. */
#define SUMMARY(X) X(name) X(state) X(profile) X(contents) X(runs) X(coefficients) X(trajectory)
#define NUMBER(member) SUMMARY_##member,
#define NAME(member) #member,

enum { SUMMARY(NUMBER) SUMMARY_COUNT };
static const char *const summary_names[] = {SUMMARY(NAME)};

struct summary {
	char values[SUMMARY_COUNT][128];
};

static int make_summary(const struct tsem_model *model, struct summary *ret_summary)
{
	char(*values)[sizeof(ret_summary->values[0])] = ret_summary->values;
	const size_t size = sizeof(*values);
	tsem_u8 state[TSEM_DIGEST_SIZE];

	if (tsem_set_state(&model->set, NULL, NULL, state))
		return -ENOMEM;
	digest_format(state, values[SUMMARY_state]);
	snprintf(values[SUMMARY_name], size, "%s", model->name);
	snprintf(values[SUMMARY_profile], size, "%s", tsem_option_word("profile", model->options));
	snprintf(values[SUMMARY_contents], size, "%s", tsem_option_word("digest", model->options));
	snprintf(values[SUMMARY_runs], size, "%u", model->runs);
	snprintf(values[SUMMARY_coefficients], size, "%zu", model->set.count);
	snprintf(values[SUMMARY_trajectory], size, "%zu", set_count_events(&model->set));
	return 0;
}

/* ---- writing ---- */

static bool put_subject(const struct tsem_subject *subject, bool first, struct tsem_buffer *buffer)
{
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	digest_format(subject->sha256, hex);
	buffer_text(buffer, first ? "{\"name\":" : ",{\"name\":");
	if (!json_put_text(buffer, subject->name, strlen(subject->name)))
		return false;
	tsem_buffer_printf(buffer, ",\"digest\":{\"sha256\":\"%s\"}}", hex);
	return true;
}

static bool put_summary(const struct summary *summary, struct tsem_buffer *buffer)
{
	bool good = true;

	for (int i = 0; i < SUMMARY_COUNT && good; i++) {
		tsem_buffer_printf(buffer, "\"%s\":", summary_names[i]);
		good = json_put_text(buffer, summary->values[i], strlen(summary->values[i]));
		buffer_text(buffer, ",");
	}
	return good;
}

static bool aged(const struct tsem_validity *validity)
{
	return validity->not_before || validity->not_after || validity->serial;
}

static void put_validity(const struct tsem_validity *validity, struct tsem_buffer *buffer)
{
	char text[TSEM_TIME_SIZE];

	if (validity->not_before) {
		tsem_time_format(validity->not_before, text);
		tsem_buffer_printf(buffer, "\"notBefore\":\"%s\",", text);
	}
	if (validity->not_after) {
		tsem_time_format(validity->not_after, text);
		tsem_buffer_printf(buffer, "\"notAfter\":\"%s\",", text);
	}
	if (validity->serial)
		tsem_buffer_printf(buffer, "\"serial\":\"%llu\",", validity->serial);
}

static bool put_statement(const struct summary *summary, const struct tsem_buffer *text,
			  const struct tsem_subject *subjects, size_t count, const struct tsem_validity *validity,
			  struct tsem_buffer *buffer)
{
	bool good = true;

	buffer_text(buffer, "{\"_type\":\"" STATEMENT_TYPE "\",\"subject\":[");
	for (size_t i = 0; i < count && good; i++)
		good = put_subject(&subjects[i], !i, buffer);
	tsem_buffer_printf(buffer, "],\"predicateType\":\"%s\",\"predicate\":{",
			   aged(validity) ? STATEMENT_PREDICATE_AGED : STATEMENT_PREDICATE);
	good = good && put_summary(summary, buffer);
	put_validity(validity, buffer);
	buffer_text(buffer, "\"model\":");
	good = good && json_put_text(buffer, text->data, text->size);
	buffer_text(buffer, "}}");
	return good;
}

int statement_format(const struct tsem_model *model, const struct tsem_buffer *text,
		     const struct tsem_subject *subjects, size_t count, const struct tsem_validity *validity,
		     struct tsem_buffer *buffer, struct tsem_error *error)
{
	struct summary summary;

	if (!count || count > SUBJECTS_MAX)
		return tsem_error_set(error, EINVAL, "a signed model names from 1 to %d subjects", SUBJECTS_MAX);
	if (make_summary(model, &summary))
		return tsem_error_set(error, ENOMEM, "model %s cannot be signed: out of memory", model->name);
	if (!put_statement(&summary, text, subjects, count, validity, buffer))
		return tsem_error_set(
			error, EILSEQ,
			"model %s cannot be signed: it, or the name of a subject, has bytes that are not UTF-8",
			model->name);
	if (buffer->failed)
		return tsem_error_set(error, ENOMEM, "model %s cannot be signed: out of memory", model->name);
	return 0;
}

/* ---- reading ---- */

struct reading {
	struct tsem_subject *subjects;
	size_t count, capacity;
	char *text; /* of the model file */
	size_t size;
	struct summary summary;
	struct tsem_validity validity;
	bool aged; /* it may have a validity */
};

/* A string that can only be one of these two. */
static bool read_constant(struct scanner *scanner, const char *expected, const char *other, const char *reason,
			  bool *ret_other)
{
	const char *start = scanner->at;
	tsem_u8 text[64];
	size_t size;

	if (!scan_string(scanner, text, sizeof(text), false, &size))
		return false;
	*ret_other = size == strlen(other) && !memcmp(text, other, size);
	if (*ret_other || (size == strlen(expected) && !memcmp(text, expected, size)))
		return true;
	scanner->at = start;
	return scan_fail(scanner, NULL, reason);
}

static bool read_type(struct scanner *scanner, void *context)
{
	bool other;

	(void)context;
	return read_constant(scanner, STATEMENT_TYPE, STATEMENT_TYPE, "only " STATEMENT_TYPE " can be read", &other);
}

static bool read_predicate_type(struct scanner *scanner, void *context)
{
	struct reading *reading = context;

	return read_constant(scanner, STATEMENT_PREDICATE, STATEMENT_PREDICATE_AGED,
			     "this is about something else: the predicate of a model is " STATEMENT_PREDICATE
			     " or " STATEMENT_PREDICATE_AGED,
			     &reading->aged);
}

/* A short string, with a NUL after it. */
static bool read_short(struct scanner *scanner, char *text, size_t room)
{
	size_t size;

	if (!scan_string(scanner, (tsem_u8 *)text, room - 1, true, &size))
		return false;
	text[size] = 0;
	return !memchr(text, 0, size) || scan_fail(scanner, NULL, "there is a NUL in the string");
}

static bool read_subject_name(struct scanner *scanner, void *context)
{
	struct tsem_subject *subject = context;

	return read_short(scanner, subject->name, sizeof(subject->name));
}

static bool read_sha256(struct scanner *scanner, void *context)
{
	struct tsem_subject *subject = context;
	char text[2 * TSEM_DIGEST_SIZE + 1] = "";
	size_t size;

	return scan_string(scanner, (tsem_u8 *)text, sizeof(text) - 1, false, &size) &&
	       ((size == sizeof(text) - 1 && digest_parse(text, subject->sha256)) ||
		scan_fail(scanner, NULL, "this is not a digest of 64 lower-case hexadecimal digits"));
}

static bool read_digests(struct scanner *scanner, void *context)
{
	static const struct json_member members[] = {{"sha256", read_sha256, true}, {.name = NULL}};

	return json_members(scanner, members, context);
}

static bool read_subject(struct scanner *scanner, void *context)
{
	static const struct json_member members[] = {
		{"name", read_subject_name, false},
		{"digest", read_digests, true},
		{.name = NULL},
	};
	struct reading *reading = context;
	struct tsem_subject *grown;

	if (reading->count == reading->capacity) {
		reading->capacity = 2 * reading->capacity + 4;
		grown = realloc(reading->subjects, reading->capacity * sizeof(*grown));
		if (!grown)
			return scan_fail(scanner, NULL, "out of memory");
		reading->subjects = grown;
	}
	memset(&reading->subjects[reading->count], 0, sizeof(*reading->subjects));
	return json_members(scanner, members, &reading->subjects[reading->count++]);
}

static bool read_subjects(struct scanner *scanner, void *context)
{
	struct reading *reading = context;

	return json_list(scanner, SUBJECTS_MAX, read_subject, context) &&
	       (reading->count || scan_fail(scanner, NULL, "there is no subject"));
}

static bool read_model(struct scanner *scanner, void *context)
{
	struct reading *reading = context;

	return json_text(scanner, &reading->text, &reading->size);
}

static bool note_summary(struct scanner *scanner, struct reading *reading, int member)
{
	return read_short(scanner, reading->summary.values[member], sizeof(reading->summary.values[0]));
}

#define READ(member) \
	static bool read_##member(struct scanner *scanner, void *context) \
	{ \
		return note_summary(scanner, context, SUMMARY_##member); \
	}
SUMMARY(READ)

/* To the letter as tsem_time_format() writes it: nothing else is signed. */
static bool read_time(struct scanner *scanner, tsem_u64 *ret_seconds)
{
	char text[TSEM_TIME_SIZE], again[TSEM_TIME_SIZE];
	tsem_u64 seconds;

	if (!read_short(scanner, text, sizeof(text)))
		return false;
	if (tsem_time_parse(text, 0, &seconds, NULL) || !seconds)
		return scan_fail(scanner, NULL, "this is no time like 2026-11-28T19:00:00Z");
	tsem_time_format(seconds, again);
	*ret_seconds = seconds;
	return !strcmp(text, again) || scan_fail(scanner, NULL, "this is no time like 2026-11-28T19:00:00Z");
}

static bool read_not_before(struct scanner *scanner, void *context)
{
	return read_time(scanner, &((struct reading *)context)->validity.not_before);
}

static bool read_not_after(struct scanner *scanner, void *context)
{
	return read_time(scanner, &((struct reading *)context)->validity.not_after);
}

static bool read_serial(struct scanner *scanner, void *context)
{
	tsem_u64 *serial = &((struct reading *)context)->validity.serial;
	char text[21], again[21];

	if (!read_short(scanner, text, sizeof(text)))
		return false;
	*serial = strtoull(text, NULL, 10);
	snprintf(again, sizeof(again), "%llu", *serial);
	return (*serial && !strcmp(text, again)) || scan_fail(scanner, NULL, "this is no serial: a number from 1 on");
}

static bool read_predicate(struct scanner *scanner, void *context)
{
#define ROW(member) {#member, read_##member, true},
	static const struct json_member members[] = {SUMMARY(ROW){"model", read_model, true},
						     {"notBefore", read_not_before, false},
						     {"notAfter", read_not_after, false},
						     {"serial", read_serial, false},
						     {.name = NULL}};

	return json_members(scanner, members, context);
}

static bool read_statement(struct scanner *scanner, struct reading *reading)
{
	static const struct json_member members[] = {
		{"_type", read_type, true},
		{"subject", read_subjects, true},
		{"predicateType", read_predicate_type, true},
		{"predicate", read_predicate, true},
		{.name = NULL},
	};

	if (!json_members(scanner, members, reading) || !json_end(scanner))
		return false;
	return reading->aged == aged(&reading->validity) ||
	       scan_fail(scanner, NULL,
			 "dates and a serial belong to " STATEMENT_PREDICATE_AGED ", which has one of them at least");
}

/* Readers that see only the statement must learn the same as what is enforced. */
static int check_summary(const struct summary *stated, const struct tsem_model *model, const char *name,
			 struct tsem_error *error)
{
	struct summary summary;

	if (make_summary(model, &summary))
		return tsem_error_set(error, ENOMEM, "model %s: out of memory", name);
	for (int i = 0; i < SUMMARY_COUNT; i++)
		if (strcmp(summary.values[i], stated->values[i]) != 0)
			return tsem_error_set(error, EBADMSG,
					      "model %s: \"%s\" in its statement is not true of the model", name,
					      summary_names[i]);
	return 0;
}

static int parse_text(const struct reading *reading, const char *name, struct tsem_model **ret_model,
		      struct tsem_error *error)
{
	struct tsem_model *model = NULL;
	int result = model_parse(reading->text, reading->size, name, &model, error);

	if (!result)
		result = check_summary(&reading->summary, model, name, error);
	if (result)
		tsem_model_destroy(model);
	else
		*ret_model = model;
	return result;
}

int statement_parse(const void *bytes, size_t size, const char *name, struct tsem_model **ret_model,
		    struct tsem_signed *signed_model, struct tsem_error *error)
{
	const char *start = bytes;
	struct scanner scanner = {.start = start, .at = start, .end = start + size};
	struct reading reading = {.count = 0};
	int result;

	if (read_statement(&scanner, &reading))
		result = parse_text(&reading, name, ret_model, error);
	else
		result = tsem_error_set(error, EBADMSG, "model %s: what is signed is not a model, byte %zu: %s%s%s",
					name, (size_t)(scanner.where - start), scanner.member ? scanner.member : "",
					scanner.member ? ": " : "", scanner.reason);
	free(reading.text);
	if (result) {
		free(reading.subjects);
		return result;
	}
	signed_model->subjects = reading.subjects;
	signed_model->subject_count = reading.count;
	signed_model->validity = reading.validity;
	digest_bytes(bytes, size, signed_model->sha256);
	return 0;
}
