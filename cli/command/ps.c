/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../text/clock.h"
#include "../frame/cmd.h"
#include "../report/labels.h"
#include "../text/output.h"

static void add_state(struct table *table, const struct tsem_session *session)
{
	const char *mode = mode_word(session->status.mode);

	if (!session->live)
		table_add(table, STYLE_FAINT, "ended");
	else if (!session->orchestrated)
		table_add(table, STYLE_WARN, "%s, no orchestrator", mode);
	else
		table_add(table, STYLE_GOOD, "%s", mode);
}

static void add_counter(struct table *table, tsem_u64 number, enum style style)
{
	table_add(table, number ? style : STYLE_PLAIN, "%llu", number);
}

struct listed {
	struct tsem_session session;
	struct labels labels;
	char *group; /* that it is bound to; NULL: to none */
};

/* Columns that only some sessions have something for. */
struct columns {
	bool titles, groups;
};

static bool add_title(struct table *table, const struct labels *labels)
{
	struct tsem_buffer title = {};
	bool any;

	labels_title(labels, &title);
	any = title.size;
	if (table)
		table_add(table, STYLE_PLAIN, "%s", any ? title.data : "-");
	tsem_buffer_deinit(&title);
	return any;
}

static void add_session(struct table *table, const struct listed *listed, const struct columns *columns)
{
	const struct tsem_session *session = &listed->session;
	const struct tsem_status *status = &session->status;
	struct tsem_buffer age = {0};

	table_add(table, STYLE_STRONG, "%s", session->name);
	add_state(table, session);
	table_add(table, STYLE_PLAIN, "%lld", session->live ? status->tasks : 0);
	add_counter(table, status->points, STYLE_PLAIN);
	add_counter(table, status->violations, STYLE_BAD);
	add_counter(table, status->refused, STYLE_BAD);
	add_counter(table, status->lost, STYLE_WARN);
	clock_describe_age(clock_age(status->created), &age);
	table_add(table, STYLE_PLAIN, "%s", age.data ? age.data : "");
	if (columns->titles)
		add_title(table, &listed->labels);
	if (columns->groups)
		table_add(table, STYLE_PLAIN, "%s", listed->group ? listed->group : "-");
	tsem_buffer_deinit(&age);
}

static void write_session(struct writer *writer, const struct listed *listed)
{
	const struct tsem_session *session = &listed->session;
	const struct tsem_status *status = &session->status;
	struct tsem_buffer created = {0};

	clock_stamp(status->created, &created);
	writer_open(writer, NULL, '{');
	writer_string(writer, "name", session->name);
	writer_bool(writer, "live", session->live);
	writer_bool(writer, "orchestrated", session->orchestrated);
	writer_string(writer, "mode", mode_word(status->mode));
	writer_string(writer, "on_violation", action_word(status->action));
	writer_number(writer, "namespace", status->id);
	writer_number(writer, "orchestrator", status->orchestrator);
	writer_number(writer, "tasks", session->live ? status->tasks : 0);
	writer_number(writer, "coefficients", status->points);
	writer_number(writer, "events", status->events);
	writer_number(writer, "violations", status->violations);
	writer_number(writer, "refused", status->refused);
	writer_number(writer, "records", status->records);
	writer_number(writer, "delivered", status->delivered);
	writer_number(writer, "lost", status->lost);
	writer_number(writer, "memory", session->memory);
	if (created.size)
		writer_buffer(writer, "created", &created);
	else
		writer_null(writer, "created");
	if (listed->group)
		writer_string(writer, "control_group", listed->group);
	else
		writer_null(writer, "control_group");
	labels_write(&listed->labels, writer);
	writer_close(writer, '}');
	tsem_buffer_deinit(&created);
}

/* Skips a session that disappears between the list and its status. */
static int read_status(const char *name, struct listed *ret_listed, struct tsem_error *error)
{
	char path[PATH_MAX];
	int status = tsem_session_status(name, &ret_listed->session, error), bound;

	if (status == -ENOENT)
		memset(error, 0, sizeof(*error));
	if (status)
		return status;
	labels_load(&ret_listed->labels, name);
	bound = ret_listed->session.live ? tsem_session_group(name, path, sizeof(path), error) : -ENOENT;
	ret_listed->group = bound ? NULL : strdup(path);
	return bound == -ENOENT ? 0 : bound;
}

static void free_sessions(struct listed *sessions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(sessions[i].group);
	free(sessions);
}

static int collect_sessions(const struct invocation *invocation, struct listed **ret_sessions, size_t *ret_count)
{
	bool all = invocation_given(invocation, OPTION_ps_all);
	struct listed *sessions;
	char(*names)[TSEM_NAME_MAX];
	size_t names_count, count = 0, i;
	int status;

	status = tsem_session_list(&names, &names_count, invocation->error);
	if (status)
		return status;
	sessions = calloc(names_count + 1, sizeof(*sessions));
	if (!sessions)
		status = tsem_error_set(invocation->error, ENOMEM, "out of memory for %zu sessions", names_count);
	for (i = 0; i < names_count && status == 0; i++) {
		status = read_status(names[i], &sessions[count], invocation->error);
		if (status == 0 && (all || sessions[count].session.live))
			count++;
		if (status == -ENOENT)
			status = 0;
	}
	free(names);
	if (status) {
		free_sessions(sessions, sessions ? count : 0);
		return status;
	}
	*ret_sessions = sessions;
	*ret_count = count;
	return 0;
}

static void print_json(const struct listed *sessions, size_t count)
{
	struct writer writer;
	size_t i;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (i = 0; i < count; i++)
		write_session(&writer, &sessions[i]);
	writer_close(&writer, ']');
}

static void print_names(const struct listed *sessions, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		print_styled(stdout, STYLE_PLAIN, sessions[i].session.name);
		putchar('\n');
	}
}

static int print_table(const struct listed *sessions, size_t count, struct tsem_error *error)
{
	struct columns columns = {};
	struct table table;
	char head[160];
	int status;
	size_t i;

	for (i = 0; i < count; i++) {
		columns.titles |= add_title(NULL, &sessions[i].labels);
		columns.groups |= sessions[i].group != NULL;
	}
	table_init(&table, 8 + columns.titles + columns.groups, 0x7c);
	snprintf(head, sizeof(head), "NAME STATE TASKS COEFFICIENTS VIOLATIONS REFUSED LOST AGE%s%s",
		 columns.titles ? " CONTAINER" : "", columns.groups ? " BOUND-TO" : "");
	table_head(&table, head);
	for (i = 0; i < count; i++)
		add_session(&table, &sessions[i], &columns);
	status = table_print(&table, stdout, error);
	table_deinit(&table);
	return status;
}

/* Processes, not sessions. */
static int print_untrusted(const struct invocation *v)
{
	struct tsem_untrusted *list;
	struct writer writer;
	struct table table;
	size_t count;
	int r = tsem_untrusted_list(&list, &count, v->error);

	if (r)
		return r;
	writer_init(&writer, stdout);
	table_init(&table, 4, 0x1);
	table_head(&table, "PID STATE SESSION COMMAND");
	if (invocation_given(v, OPTION_ps_json))
		writer_open(&writer, NULL, '[');
	for (size_t i = 0; i < count; i++) {
		if (invocation_given(v, OPTION_ps_json)) {
			writer_open(&writer, NULL, '{');
			writer_number(&writer, "pid", list[i].pid);
			writer_bool(&writer, "frozen", list[i].frozen);
			writer_string(&writer, "session", list[i].session);
			writer_string(&writer, "comm", list[i].comm);
			writer_close(&writer, '}');
			continue;
		}
		table_add(&table, STYLE_PLAIN, "%u", list[i].pid);
		table_add(&table, STYLE_BAD, "%s", list[i].frozen ? "frozen" : "untrusted");
		table_add(&table, STYLE_PLAIN, "%s", list[i].session);
		table_add(&table, STYLE_PLAIN, "%s", list[i].comm);
	}
	if (invocation_given(v, OPTION_ps_json))
		writer_close(&writer, ']');
	else
		r = table_print(&table, stdout, v->error);
	table_deinit(&table);
	free(list);
	return r;
}

int cmd_ps(const struct invocation *invocation)
{
	struct listed *sessions;
	size_t count;
	int status;

	if (invocation_given(invocation, OPTION_ps_untrusted))
		return print_untrusted(invocation);
	status = collect_sessions(invocation, &sessions, &count);
	if (status)
		return status;
	if (invocation_given(invocation, OPTION_ps_json))
		print_json(sessions, count);
	else if (invocation_given(invocation, OPTION_ps_quiet))
		print_names(sessions, count);
	else
		status = print_table(sessions, count, invocation->error);
	free_sessions(sessions, count);
	return status;
}
