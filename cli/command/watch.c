/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of living sessions as they come, a line each. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../frame/cmd.h"
#include "../report/explain.h"
#include "../text/clock.h"
#include "../text/output.h"
#include "../../lib/base/ticks.h"
#include "../../lib/explain/objects.h"

#define POLL_MS 100
#define POLLS_PER_SEARCH 10 /* between two polls for sessions that have begun */

struct watching;

struct watched {
	const struct watching *watching;
	char name[TSEM_NAME_MAX];
	struct tsem_follow *records;
	struct tsem_session *session; /* has the model */
	struct tsem_explainer *explainer;
};

struct watching {
	const struct invocation *invocation;
	tsem_u64 since;
	tsem_u32 classes; /* TSEM_OPTION_BYPASS() of those that are shown */
	bool violations, one, json;
	tsem_u64 newest; /* id of a session that was found; they ascend */
	struct watched items[TSEM_NAMESPACE_MAX];
	size_t count;
};

/* ---- one event ---- */

static bool is_violation(const struct tsem_record *record)
{
	return record->flags & (TSEM_RECORD_VIOLATION | TSEM_RECORD_FAILED);
}

static bool is_of_program(const struct watching *w, const struct tsem_buffer *program)
{
	const char *pattern = invocation_value(w->invocation, OPTION_watch_program);

	return !pattern || (program->size && !fnmatch(pattern, program->data, 0));
}

/* With any of its names: who looks for what happens to a file must see what is renamed to it. */
static bool is_of_path(const struct watching *w, const struct tsem_record *record)
{
	const char *pattern = invocation_value(w->invocation, OPTION_watch_path);

	return !pattern || record_matches_any(record, pattern);
}

static bool wanted(const struct watched *item, const struct tsem_record *record, const struct tsem_buffer *program)
{
	const struct watching *w = item->watching;

	return record->ts >= w->since && w->classes & TSEM_OPTION_BYPASS(tsem_event_class_number(record->event)) &&
	       (!w->violations || is_violation(record)) && is_of_program(w, program) && is_of_path(w, record);
}

static const char *verdict(const struct tsem_record *record)
{
	if (record->flags & TSEM_RECORD_REFUSED)
		return ": refused";
	if (record->flags & TSEM_RECORD_FAILED)
		return ": could not be modeled";
	if (record->flags & TSEM_RECORD_UNTRUSTED)
		return ": by an untrusted process, let through";
	return record->flags & TSEM_RECORD_VIOLATION ? ": not in the model, let through" : "";
}

static void print_event(const struct watched *item, const struct tsem_record *record, const struct tsem_buffer *program)
{
	enum style style = record->flags & TSEM_RECORD_REFUSED ? STYLE_BAD :
			   is_violation(record)		       ? STYLE_WARN :
								 STYLE_PLAIN;
	struct tsem_buffer when = {}, deed = {};

	clock_describe(record->ts, &when);
	tsem_explain_deed(item->explainer, record, &deed);
	printf("%s%s%s %s%s%s %s%s[%u] %s%s%s\n", style_begin(stdout, STYLE_FAINT), when.data ? when.data : "",
	       style_end(stdout, STYLE_FAINT), style_begin(stdout, STYLE_STRONG), item->name,
	       style_end(stdout, STYLE_STRONG), style_begin(stdout, style), program->data ? program->data : "?",
	       record->pid, deed.data ? deed.data : "?", verdict(record), style_end(stdout, style));
	tsem_buffer_deinit(&when);
	tsem_buffer_deinit(&deed);
}

/* A line for each event, whoever reads it. */
static void write_event(const struct watched *item, const struct tsem_record *record, const struct tsem_buffer *program)
{
	struct tsem_buffer text = {};
	struct writer writer;

	writer_init(&writer, stdout);
	writer.flat = true;
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "session", item->name);
	clock_stamp(record->ts, &text);
	writer_buffer(&writer, "time", &text);
	text.size = 0;
	writer_buffer(&writer, "program", program);
	writer_number(&writer, "pid", record->pid);
	tsem_explain_deed(item->explainer, record, &text);
	writer_buffer(&writer, "action", &text);
	writer_bool(&writer, "violation", is_violation(record));
	writer_bool(&writer, "refused", record->flags & TSEM_RECORD_REFUSED);
	writer_bool(&writer, "untrusted", record->flags & TSEM_RECORD_UNTRUSTED);
	text.size = 0;
	tsem_record_to_json(record, &text);
	writer_raw(&writer, "record", &text);
	writer_close(&writer, '}');
	tsem_buffer_deinit(&text);
}

static int take(void *context, const struct tsem_record *record)
{
	const struct watched *item = context;
	struct tsem_buffer program = {};

	tsem_explain_program(item->explainer, record, &program);
	tsem_explainer_learn(item->explainer, record);
	if (wanted(item, record, &program))
		(item->watching->json ? write_event : print_event)(item, record, &program);
	tsem_buffer_deinit(&program);
	return 0;
}

/* ---- sessions that come and go ---- */

static void forget(struct watching *w, size_t index)
{
	struct watched *item = &w->items[index];

	tsem_explainer_destroy(item->explainer);
	tsem_session_destroy(item->session);
	tsem_follow_close(item->records);
	*item = w->items[--w->count];
}

static int begin(struct watching *w, const char *name, struct tsem_error *error)
{
	struct watched *item = &w->items[w->count];
	int r = tsem_session_open(name, &item->session, error);

	if (r)
		return r;
	r = tsem_follow_open(name, &item->records, error);
	item->explainer = r ? NULL : tsem_explainer_create(item->session->model ? &item->session->model->set : NULL);
	explain_origin(item->explainer, name);
	if (!item->explainer) {
		tsem_session_destroy(item->session);
		if (!r)
			tsem_follow_close(item->records);
		return r ? r : tsem_error_set(error, ENOMEM, "out of memory");
	}
	snprintf(item->name, sizeof(item->name), "%s", name);
	item->watching = w;
	w->count++;
	return 0;
}

/* Also one that has begun and ended between two polls. */
static bool is_new(const struct watching *w, const struct tsem_session *session)
{
	return session->status.id > w->newest && (session->live || session->status.created >= w->since);
}

/* The newest comes first in the list and must be last here. Skips a session that is replaced meanwhile. */
static int find_new(struct watching *w, struct tsem_error *error)
{
	struct tsem_session session;
	char(*names)[TSEM_NAME_MAX];
	size_t count;
	int r = tsem_session_list(&names, &count, error);

	for (size_t i = r ? 0 : count; i-- > 0 && w->count < TSEM_NAMESPACE_MAX;)
		if (!tsem_session_status(names[i], &session, NULL) && is_new(w, &session) && !begin(w, names[i], NULL))
			w->newest = session.status.id;
	if (!r)
		free(names);
	return r;
}

static int read_sessions(struct watching *w, struct tsem_error *error)
{
	int r = 0;

	for (size_t i = w->count; !r && i-- > 0;) {
		bool ended = false;

		r = tsem_follow_read(w->items[i].records, take, &w->items[i], &ended, error);
		if (ended)
			forget(w, i);
	}
	fflush(stdout);
	return r;
}

static int follow_sessions(struct watching *w, struct tsem_error *error)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000};
	int r = 0;

	for (unsigned polls = 0; !r && !ferror(stdout); polls++) {
		if (!w->one && polls % POLLS_PER_SEARCH == 0)
			r = find_new(w, error);
		if (!r)
			r = read_sessions(w, error);
		if (w->one && !w->count)
			break;
		nanosleep(&pause, NULL);
	}
	return r;
}

int cmd_watch(const struct invocation *v)
{
	const char *classes = invocation_value(v, OPTION_watch_class);
	struct watching *w = calloc(1, sizeof(*w));
	int r = 0;

	if (!w)
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	*w = (struct watching){
		.invocation = v,
		.since = invocation_given(v, OPTION_watch_all) ? 0 : ticks_now(),
		.classes = TSEM_OPTION_BYPASSES,
		.violations = invocation_given(v, OPTION_watch_violations),
		.one = v->operand_count > 0,
		.json = invocation_given(v, OPTION_watch_json),
	};
	if (classes && tsem_option_parse(tsem_option_find("bypass"), classes, strlen(classes), &w->classes))
		r = usage_error(v, "--class cannot be '%s'", classes);
	if (!r && w->one)
		r = begin(w, v->operands[0], v->error);
	if (!r)
		r = follow_sessions(w, v->error);
	while (w->count)
		forget(w, 0);
	free(w);
	return r;
}
