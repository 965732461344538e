/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "../../lib/base/hex.h"
#include "../../lib/event/schema.h"
#include "../../lib/model/model.h"
#include "../text/output.h"
#include "summary.h"
#include "validity.h"
#include "../text/text.h"

/* The printed values in their final form: the same rows as a table and as a JSON object. */
struct sheet {
	struct table table;
	struct writer writer;
	bool json;
};

static void begin_sheet(struct sheet *sheet, bool json)
{
	sheet->json = json;
	table_init(&sheet->table, 2, 0);
	writer_init(&sheet->writer, stdout);
	if (json)
		writer_open(&sheet->writer, NULL, '{');
}

static int end_sheet(struct sheet *sheet, struct tsem_error *error)
{
	int status = 0;

	if (sheet->json)
		writer_close(&sheet->writer, '}');
	else
		status = table_print(&sheet->table, stdout, error);
	table_deinit(&sheet->table);
	return status;
}

/* "on_violation" is the key in JSON, "on violation" the label in the table. */
static void add_label(struct sheet *sheet, const char *key)
{
	char label[32], *underscore;

	snprintf(label, sizeof(label), "%s", key);
	while ((underscore = strchr(label, '_')))
		*underscore = ' ';
	table_add(&sheet->table, STYLE_STRONG, "%s", label);
}

static void add_text(struct sheet *sheet, const char *key, const char *text)
{
	if (sheet->json) {
		writer_string(&sheet->writer, key, text);
		return;
	}
	add_label(sheet, key);
	table_add(&sheet->table, STYLE_PLAIN, "%s", text);
}

static void add_number(struct sheet *sheet, const char *key, tsem_u64 number)
{
	if (sheet->json) {
		writer_number(&sheet->writer, key, number);
		return;
	}
	add_label(sheet, key);
	table_add(&sheet->table, STYLE_PLAIN, "%llu", number);
}

static void add_digest(struct sheet *sheet, const char *key, const tsem_u8 *digest)
{
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	hex_format(digest, TSEM_DIGEST_SIZE, hex);
	add_text(sheet, key, hex);
}

static void add_classes(struct sheet *sheet, const struct subject *subject)
{
	struct tally tally = subject_tally(subject);
	unsigned classes[TSEM_CLASS_COUNT];
	size_t count = tally_classes(&tally, classes);
	struct tsem_buffer text = {0};

	if (sheet->json)
		writer_open(&sheet->writer, "events", '{');
	for (size_t i = 0; i < count; i++) {
		const char *name = schema_class_name(classes[i]);
		tsem_u64 distinct = tally_class(&tally, classes[i]).distinct;

		if (sheet->json)
			writer_number(&sheet->writer, name, distinct);
		else
			tsem_buffer_printf(&text, "%s%llu %s", i ? ", " : "", distinct, name);
	}
	if (sheet->json) {
		writer_number(&sheet->writer, "not recorded", tally.unknown);
		writer_close(&sheet->writer, '}');
		return;
	}
	if (tally.unknown)
		tsem_buffer_printf(&text, "%s%llu not recorded", count ? ", " : "", tally.unknown);
	add_text(sheet, "events", text.data ? text.data : "none");
	tsem_buffer_deinit(&text);
}

static const char *state_name(const struct tsem_session *session)
{
	if (!session->live)
		return "ended";
	return session->orchestrated ? "running" : "running, no orchestrator";
}

static void add_failures(struct sheet *sheet, const struct tsem_status *status)
{
	static const char *const names[TSEM_FAILURE_LIMIT] = {
#define FAILURE(number, name, sentence) [number] = "failed_" #name,
		TSEM_FAILURES(FAILURE)
#undef FAILURE
	};
	size_t i;

	for (i = 0; i < TSEM_FAILURE_LIMIT; i++) {
		if (status->failures[i])
			add_number(sheet, names[i] ? names[i] : "failed_otherwise", status->failures[i]);
	}
}

static void add_session(struct sheet *sheet, const struct tsem_session *session)
{
	const struct tsem_status *status = &session->status;

	add_text(sheet, "state_of_session", state_name(session));
	add_text(sheet, "mode", mode_word(status->mode));
	if (status->options & TSEM_OPTION_ASK)
		add_text(sheet, "decided_by", "the model, and what is allowed beside it (docs/ask.md)");
	else if (status->options & TSEM_OPTION_EXTERNAL)
		add_text(sheet, "decided_by", "an agent outside the kernel");
	if (session->model)
		add_text(sheet, "model", session->model->name);
	if (status->mode == TSEM_MODE_SEALED || status->mode == TSEM_MODE_ENFORCING)
		add_text(sheet, "on_violation", action_word(status->action));
	add_number(sheet, "tasks", session->live ? status->tasks : 0);
	add_number(sheet, "programs_executed", status->execs);
	add_number(sheet, "all_events", status->events);
	add_number(sheet, "violations", status->violations);
	add_number(sheet, "refused", status->refused);
	add_number(sheet, "forensics", session->forensics.count);
	add_number(sheet, "records", status->records);
	add_number(sheet, "records_delivered", status->delivered);
	add_number(sheet, "records_lost", status->lost);
	add_failures(sheet, status);
}

static void add_widened(struct sheet *sheet, const char *by, const char *what)
{
	if (!sheet->json) {
		add_label(sheet, "lets_in");
		table_add(&sheet->table, STYLE_PLAIN, "%s: %s", by, what);
		return;
	}
	writer_open(&sheet->writer, NULL, '{');
	writer_string(&sheet->writer, "by", by);
	writer_string(&sheet->writer, "what", what);
	writer_close(&sheet->writer, '}');
}

static void add_normalisers(struct sheet *sheet, tsem_u32 options)
{
	const struct tsem_word *word;

	for (word = tsem_option_find("normalise")->words; word->word; word++)
		if (options & word->value)
			add_widened(sheet, word->word, word->text);
}

static void add_patterns(struct sheet *sheet, const struct tsem_model *model)
{
	struct tsem_buffer pattern = {0}, what = {0};

	for (size_t i = 0; i < model->name_count; i++) {
		pattern.size = what.size = 0;
		tsem_pattern_format(&model->names[i], &pattern);
		tsem_pattern_describe(&model->names[i], &what);
		add_widened(sheet, pattern.data, what.data);
	}
	tsem_buffer_deinit(&pattern);
	tsem_buffer_deinit(&what);
}

static void add_trees(struct sheet *sheet, const struct tsem_model *model)
{
	struct tsem_buffer tree = {0};

	for (size_t i = 0; i < model->tree_count; i++) {
		tree.size = 0;
		tree_format(&model->trees[i], &tree);
		add_widened(sheet, tree.data, tree_meaning(model->trees[i].rights));
	}
	tsem_buffer_deinit(&tree);
}

/* A person who trusts a model must see everything it lets in beyond the learned events. */
static void add_widening(struct sheet *sheet, const struct tsem_model *model, tsem_u32 options)
{
	struct tsem_buffer bypassed = {0};

	tsem_option_format(tsem_option_find("bypass"), options, &bypassed);
	if (bypassed.size)
		add_text(sheet, "not_modeled", bypassed.data);
	tsem_buffer_deinit(&bypassed);
	if (options & TSEM_OPTION_IDS_CURRENT)
		add_text(sheet, "ids", "as the user namespace of the task numbers them");
	if (sheet->json)
		writer_open(&sheet->writer, "lets_in", '[');
	add_normalisers(sheet, options);
	if (model) {
		add_patterns(sheet, model);
		add_trees(sheet, model);
	}
	if (sheet->json)
		writer_close(&sheet->writer, ']');
}

static void add_signature(struct sheet *sheet, const struct tsem_signature *signature)
{
	const char *keyid = signature->key ? tsem_key_id(signature->key) : signature->keyid;
	struct tsem_buffer text = {0};

	if (sheet->json) {
		writer_open(&sheet->writer, NULL, '{');
		writer_string(&sheet->writer, "keyid", keyid);
		writer_bool(&sheet->writer, "verified", signature->key != NULL);
		writer_close(&sheet->writer, '}');
		return;
	}
	tsem_buffer_printf(&text, "key id %s, %s", keyid[0] ? keyid : "not given",
			   signature->key ? "verified" : "not verified");
	add_text(sheet, "signed", text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
}

static void add_subject(struct sheet *sheet, const struct tsem_subject *subject)
{
	struct tsem_buffer text = {0};
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	if (sheet->json) {
		writer_open(&sheet->writer, NULL, '{');
		writer_string(&sheet->writer, "name", subject->name);
		writer_hex(&sheet->writer, "sha256", subject->sha256);
		writer_close(&sheet->writer, '}');
		return;
	}
	hex_format(subject->sha256, TSEM_DIGEST_SIZE, hex);
	tsem_buffer_printf(&text, "%s%ssha256:%s", subject->name, subject->name[0] ? ", " : "", hex);
	add_text(sheet, "about", text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
}

static void add_validity(struct sheet *sheet, const struct tsem_validity *validity)
{
	char text[TSEM_TIME_SIZE + 16];

	if (validity->serial) {
		snprintf(text, sizeof(text), "%llu", validity->serial);
		add_text(sheet, "serial", text);
	}
	tsem_time_format(validity->not_before, text);
	if (validity->not_before)
		add_text(sheet, "not before", text);
	tsem_time_format(validity->not_after, text);
	if (validity->not_after)
		add_text(sheet, "not after", text);
}

static void add_signed(struct sheet *sheet, const struct tsem_signed *info)
{
	size_t i;

	if (sheet->json)
		writer_open(&sheet->writer, "signatures", '[');
	for (i = 0; i < info->signature_count; i++)
		add_signature(sheet, &info->signatures[i]);
	if (!sheet->json)
		add_validity(sheet, &info->validity);
	if (sheet->json) {
		writer_close(&sheet->writer, ']');
		write_validity(&sheet->writer, &info->validity);
		writer_open(&sheet->writer, "subjects", '[');
	}
	for (i = 0; i < info->subject_count; i++)
		add_subject(sheet, &info->subjects[i]);
	if (sheet->json)
		writer_close(&sheet->writer, ']');
}

/* From which models it was merged. */
static void add_sources(struct sheet *sheet, const struct tsem_model *model)
{
	struct tsem_buffer text = {0};
	char state[2 * TSEM_DIGEST_SIZE + 1];
	const struct tsem_source *source;

	if (sheet->json && model->source_count)
		writer_open(&sheet->writer, "sources", '[');
	for (size_t i = 0; i < model->source_count; i++) {
		source = &model->sources[i];
		hex_format(source->state, TSEM_DIGEST_SIZE, state);
		if (sheet->json) {
			writer_open(&sheet->writer, NULL, '{');
			writer_string(&sheet->writer, "name", source->name);
			writer_number(&sheet->writer, "runs", source->runs);
			writer_string(&sheet->writer, "state", state);
			writer_close(&sheet->writer, '}');
			continue;
		}
		text.size = 0;
		tsem_buffer_printf(&text, "%s, %u run%s, state %s", source->name, source->runs, plural(source->runs),
				   state);
		add_text(sheet, "merged_from", text.data ? text.data : "");
	}
	if (sheet->json && model->source_count)
		writer_close(&sheet->writer, ']');
	tsem_buffer_deinit(&text);
}

/* Files whose content does not count. */
static void add_pseudonyms(struct sheet *sheet, const struct tsem_model *model)
{
	size_t i;

	if (sheet->json && model->pseudonym_count)
		writer_open(&sheet->writer, "pseudonyms", '[');
	for (i = 0; i < model->pseudonym_count; i++) {
		if (sheet->json)
			writer_string(&sheet->writer, NULL, model->pseudonyms[i]);
		else
			add_text(sheet, "any_content", model->pseudonyms[i]);
	}
	if (sheet->json && model->pseudonym_count)
		writer_close(&sheet->writer, ']');
	if (model->large.count)
		add_number(sheet, "large_contents", model->large.count);
}

/* Those that a filter would let through; null: the model does not say. */
static void add_calls(struct sheet *sheet, const struct tsem_model *model)
{
	if (model->calls.known)
		add_number(sheet, "system_calls", model->calls.count);
	else if (sheet->json)
		writer_null(&sheet->writer, "system_calls");
	else
		add_text(sheet, "system_calls", "not known");
}

/* How many events a person has allowed, and kinds of them refused, for good. */
static void add_decisions(struct sheet *sheet, const struct tsem_model *model)
{
	if (model->decision_count)
		add_number(sheet, "decisions", model->decision_count);
}

/* Those of a session are all that it has seen, as in tsem ps. */
static void add_coefficients(struct sheet *sheet, const struct subject *subject)
{
	size_t outside = subject->forensics ? subject->forensics->count : 0;
	struct tsem_buffer text = {0};

	if (sheet->json || !outside) {
		add_number(sheet, "coefficients", subject->trajectory->count + outside);
		return;
	}
	tsem_buffer_printf(&text, "%zu, %zu of them not in the model", subject->trajectory->count + outside, outside);
	add_text(sheet, "coefficients", text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
}

int summary_print(const struct subject *subject, bool json, struct tsem_error *error)
{
	tsem_u8 state[TSEM_DIGEST_SIZE], measurement[TSEM_DIGEST_SIZE];
	struct sheet sheet;
	int status;

	status = subject_state(subject, state, error);
	if (status == 0 && subject_has_order(subject))
		status = subject_measurement(subject, measurement, error);
	if (status)
		return status;
	begin_sheet(&sheet, json);
	add_text(&sheet, subject->session ? "session" : "model", subject->name);
	if (subject->session)
		add_session(&sheet, subject->session);
	else
		add_number(&sheet, "runs", subject->model->runs);
	if (subject->model && subject->model->has_action)
		add_text(&sheet, "on_violation", action_word(subject->model->action));
	if (subject->info)
		add_signed(&sheet, subject->info);
	if (subject->model)
		add_sources(&sheet, subject->model);
	add_text(&sheet, "profile", tsem_option_word("profile", subject->options));
	add_text(&sheet, "digests", tsem_option_word("digest", subject->options));
	add_text(&sheet, "events", tsem_option_word("events", subject->options));
	add_widening(&sheet, subject->session ? subject->session->model : subject->model, subject->options);
	if (subject->model || subject->session->model)
		add_pseudonyms(&sheet, subject->model ? subject->model : subject->session->model);
	if (subject->model || subject->session->model)
		add_calls(&sheet, subject->model ? subject->model : subject->session->model);
	if (subject->model || subject->session->model)
		add_decisions(&sheet, subject->model ? subject->model : subject->session->model);
	add_coefficients(&sheet, subject);
	add_classes(&sheet, subject);
	add_digest(&sheet, "state", state);
	if (subject_has_order(subject))
		add_digest(&sheet, "measurement", measurement);
	return end_sheet(&sheet, error);
}

static void write_events(const struct tally *tally)
{
	struct writer writer;
	unsigned number;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (number = 0; number < TSEM_EVENT_LIMIT; number++) {
		if (!tally->events[number].distinct || !tsem_event_name(number))
			continue;
		writer_open(&writer, NULL, '{');
		writer_string(&writer, "event", tsem_event_name(number));
		writer_string(&writer, "class", tsem_event_class(number));
		writer_number(&writer, "distinct", tally->events[number].distinct);
		writer_number(&writer, "count", tally->events[number].total);
		writer_close(&writer, '}');
	}
	writer_close(&writer, ']');
}

int summary_events(const struct subject *subject, bool json, struct tsem_error *error)
{
	struct tally tally = subject_tally(subject);
	struct table table;
	unsigned number;
	int status;

	if (json) {
		write_events(&tally);
		return 0;
	}
	table_init(&table, 4, 0x3);
	table_head(&table, "DISTINCT COUNT EVENT CLASS");
	for (number = 0; number < TSEM_EVENT_LIMIT; number++) {
		if (!tally.events[number].distinct || !tsem_event_name(number))
			continue;
		table_add(&table, STYLE_PLAIN, "%llu", tally.events[number].distinct);
		table_add(&table, STYLE_PLAIN, "%llu", tally.events[number].total);
		table_add(&table, STYLE_PLAIN, "%s", tsem_event_name(number));
		table_add(&table, STYLE_PLAIN, "%s", tsem_event_class(number));
	}
	status = table_print(&table, stdout, error);
	table_deinit(&table);
	return status;
}
