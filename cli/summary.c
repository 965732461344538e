/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "output.h"
#include "summary.h"
#include "text.h"

#define CLASSES_MAX 16

struct class_count {
	const char *name;
	tsem_u64 distinct;
};

/* What is printed, in the form in which it is: the same rows as a table and as a JSON object. */
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

	text_hex(digest, TSEM_DIGEST_SIZE, hex);
	add_text(sheet, key, hex);
}

/* Classes in the order in which they first have an event. */
static size_t count_classes(const struct subject *subject, struct class_count *ret_classes,
			    tsem_u64 *ret_unknown)
{
	struct subject_events events;
	const char *class;
	size_t count = 0, i;
	unsigned number;

	subject_count_events(subject, &events);
	for (number = 0; number < TSEM_EVENT_LIMIT; number++) {
		class = tsem_event_class(number);
		if (!class || !events.distinct[number])
			continue;
		for (i = 0; i < count && strcmp(ret_classes[i].name, class) != 0; i++)
			;
		if (i == CLASSES_MAX)
			continue;
		if (i == count)
			ret_classes[count++] = (struct class_count){ class, 0 };
		ret_classes[i].distinct += events.distinct[number];
	}
	*ret_unknown = events.unknown;
	return count;
}

static void add_classes(struct sheet *sheet, const struct subject *subject)
{
	struct class_count classes[CLASSES_MAX];
	struct tsem_buffer text = { 0 };
	tsem_u64 unknown;
	size_t count, i;

	count = count_classes(subject, classes, &unknown);
	if (sheet->json) {
		writer_open(&sheet->writer, "events", '{');
		for (i = 0; i < count; i++)
			writer_number(&sheet->writer, classes[i].name, classes[i].distinct);
		writer_number(&sheet->writer, "not recorded", unknown);
		writer_close(&sheet->writer, '}');
		return;
	}
	for (i = 0; i < count; i++)
		tsem_buffer_printf(&text, "%s%llu %s", i ? ", " : "", classes[i].distinct, classes[i].name);
	if (unknown)
		tsem_buffer_printf(&text, "%s%llu not recorded", count ? ", " : "", unknown);
	add_text(sheet, "events", text.data ? text.data : "none");
	tsem_buffer_deinit(&text);
}

static const char *state_name(const struct tsem_session *session)
{
	if (!session->live)
		return "ended";
	return session->orchestrated ? "running" : "running, no orchestrator";
}

static void add_failures(struct sheet *sheet, const struct tsem_namespace *status)
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
	const struct tsem_namespace *status = &session->status;

	add_text(sheet, "state_of_session", state_name(session));
	add_text(sheet, "mode", mode_name(status->mode));
	if (session->model)
		add_text(sheet, "model", session->model->name);
	if (status->mode == TSEM_MODE_SEALED || status->mode == TSEM_MODE_ENFORCING)
		add_text(sheet, "on_violation", action_name(status->action));
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

/* What a model leaves out must be seen by whoever trusts it. */
static void add_bypass(struct sheet *sheet, tsem_u32 options)
{
	struct tsem_buffer text = { 0 };

	tsem_bypass_format(options, &text);
	if (text.size)
		add_text(sheet, "not_modeled", text.data);
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
	add_text(&sheet, "profile", profile_name(subject->options));
	add_text(&sheet, "digests", digest_name(subject->options));
	add_text(&sheet, "events", events_name(subject->options));
	add_bypass(&sheet, subject->options);
	add_number(&sheet, "coefficients", subject->trajectory->count);
	add_classes(&sheet, subject);
	add_digest(&sheet, "state", state);
	if (subject_has_order(subject))
		add_digest(&sheet, "measurement", measurement);
	return end_sheet(&sheet, error);
}

static void write_events(const struct subject_events *events)
{
	struct writer writer;
	unsigned number;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (number = 0; number < TSEM_EVENT_LIMIT; number++) {
		if (!events->distinct[number] || !tsem_event_name(number))
			continue;
		writer_open(&writer, NULL, '{');
		writer_string(&writer, "event", tsem_event_name(number));
		writer_string(&writer, "class", tsem_event_class(number));
		writer_number(&writer, "distinct", events->distinct[number]);
		writer_number(&writer, "count", events->total[number]);
		writer_close(&writer, '}');
	}
	writer_close(&writer, ']');
}

int summary_events(const struct subject *subject, bool json, struct tsem_error *error)
{
	struct subject_events events;
	struct table table;
	unsigned number;
	int status;

	subject_count_events(subject, &events);
	if (json) {
		write_events(&events);
		return 0;
	}
	table_init(&table, 4, 0x3);
	table_head(&table, "DISTINCT COUNT EVENT CLASS");
	for (number = 0; number < TSEM_EVENT_LIMIT; number++) {
		if (!events.distinct[number] || !tsem_event_name(number))
			continue;
		table_add(&table, STYLE_PLAIN, "%llu", events.distinct[number]);
		table_add(&table, STYLE_PLAIN, "%llu", events.total[number]);
		table_add(&table, STYLE_PLAIN, "%s", tsem_event_name(number));
		table_add(&table, STYLE_PLAIN, "%s", tsem_event_class(number));
	}
	status = table_print(&table, stdout, error);
	table_deinit(&table);
	return status;
}
