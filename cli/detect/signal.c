/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A signal as text, as JSON, as a Detection Finding of OCSF. */
#include <string.h>

#include "../text/clock.h"
#include "../text/output.h"
#include "../text/text.h"
#include "detect.h"

const char *outcome_word(tsem_u32 outcome)
{
	static const char *const words[] = {
		[TSEM_SIGNAL_LOGGED] = "logged",       [TSEM_SIGNAL_REFUSED] = "refused",
		[TSEM_SIGNAL_UNTRUSTED] = "untrusted", [TSEM_SIGNAL_KILLED] = "killed",
		[TSEM_SIGNAL_FROZEN] = "frozen",       [TSEM_SIGNAL_SPARED] = "spared",
		[TSEM_SIGNAL_FORGIVEN] = "forgiven",
	};

	return outcome < sizeof(words) / sizeof(*words) ? words[outcome] : "unknown";
}

static const char *path_of(const struct tsem_signal *s)
{
	return s->path_at <= TSEM_SIGNAL_PATH ? (const char *)s->path + s->path_at : "";
}

static bool has_digest(const struct tsem_signal *s)
{
	static const tsem_u8 none[TSEM_DIGEST_SIZE];

	return memcmp(s->digest, none, sizeof(none));
}

static void add_escaped(struct tsem_buffer *out, const void *text, size_t limit)
{
	text_escape(out, text, strnlen(text, limit));
}

static void describe_evidence(const struct tsem_signal *s, struct tsem_buffer *out)
{
	if (*path_of(s)) {
		tsem_buffer_printf(out, ", ");
		add_escaped(out, path_of(s), TSEM_SIGNAL_PATH);
	}
	if (s->other_pid) {
		tsem_buffer_printf(out, ", process %u (", s->other_pid);
		add_escaped(out, s->other_comm, TSEM_COMM_SIZE);
		tsem_buffer_printf(out, ")");
	}
	if (s->string[0]) {
		tsem_buffer_printf(out, ", \"");
		add_escaped(out, s->string, TSEM_SIGNAL_STRING);
		tsem_buffer_printf(out, "\"");
	}
	if (s->value)
		tsem_buffer_printf(out, ", %llu", s->value);
}

void signal_describe(const struct tsem_signal *s, struct tsem_buffer *out)
{
	tsem_buffer_printf(out, "%s %s ", (const char *)s->name, outcome_word(s->outcome));
	if (s->technique[0])
		tsem_buffer_printf(out, "[%s] ", (const char *)s->technique);
	add_escaped(out, s->comm, TSEM_COMM_SIZE);
	tsem_buffer_printf(out, "[%u] uid %u", s->pid, s->uid);
	if (s->program[0]) {
		tsem_buffer_printf(out, " ");
		add_escaped(out, s->program, TSEM_SIGNAL_PROGRAM);
	}
	describe_evidence(s, out);
}

static void write_process(struct writer *w, const struct tsem_signal *s)
{
	char comm[TSEM_COMM_SIZE + 1] = {};

	memcpy(comm, s->comm, TSEM_COMM_SIZE);
	writer_open(w, "process", '{');
	writer_number(w, "pid", s->pid);
	writer_number(w, "tid", s->tid);
	writer_number(w, "ppid", s->ppid);
	writer_number(w, "uid", s->uid);
	writer_number(w, "euid", s->euid);
	writer_number(w, "started", s->started);
	writer_string(w, "comm", comm);
	writer_string(w, "program", (const char *)s->program);
	writer_number(w, "cgroup", s->group);
	writer_number(w, "namespace", s->context);
	if (s->context)
		writer_hex(w, "task_id", s->task_id);
	writer_close(w, '}');
}

static void write_evidence(struct writer *w, const struct tsem_signal *s)
{
	char comm[TSEM_COMM_SIZE + 1] = {};

	writer_open(w, "evidence", '{');
	if (*path_of(s))
		writer_string(w, "path", path_of(s));
	if (s->other_pid) {
		memcpy(comm, s->other_comm, TSEM_COMM_SIZE);
		writer_number(w, "other_pid", s->other_pid);
		writer_string(w, "other_comm", comm);
	}
	if (s->string[0])
		writer_string(w, "string", (const char *)s->string);
	if (has_digest(s))
		writer_hex(w, "digest", s->digest);
	if (s->value)
		writer_number(w, "value", s->value);
	writer_close(w, '}');
}

static void print_json(const struct tsem_signal *s)
{
	struct tsem_buffer stamp = {};
	struct writer w;

	clock_stamp(s->time, &stamp);
	writer_init(&w, stdout);
	w.flat = true;
	writer_open(&w, NULL, '{');
	writer_number(&w, "number", s->number);
	if (stamp.size)
		writer_buffer(&w, "time", &stamp);
	writer_string(&w, "detection", (const char *)s->name);
	writer_string(&w, "technique", (const char *)s->technique);
	writer_string(&w, "outcome", outcome_word(s->outcome));
	write_process(&w, s);
	write_evidence(&w, s);
	writer_close(&w, '}');
	tsem_buffer_deinit(&stamp);
}

/* ---- OCSF 1.3.0, class 2004 ---- */

#define FINDING 2004

static void write_head(struct writer *w, const struct tsem_signal *s)
{
	bool refused = s->outcome != TSEM_SIGNAL_LOGGED && s->outcome != TSEM_SIGNAL_FORGIVEN;

	writer_number(w, "category_uid", FINDING / 1000);
	writer_string(w, "category_name", "Findings");
	writer_number(w, "class_uid", FINDING);
	writer_string(w, "class_name", "Detection Finding");
	writer_number(w, "activity_id", 1);
	writer_string(w, "activity_name", "Create");
	writer_number(w, "type_uid", FINDING * 100 + 1);
	writer_number(w, "severity_id", refused ? 4 : 3);
	writer_string(w, "severity", refused ? "High" : "Medium");
	writer_number(w, "time", clock_milliseconds(s->time));
	writer_number(w, "action_id", refused ? 2 : 1);
	writer_string(w, "action", refused ? "Denied" : "Allowed");
	writer_number(w, "disposition_id", refused ? 2 : 15);
	writer_string(w, "disposition", refused ? "Blocked" : "Detected");
	writer_open(w, "metadata", '{');
	writer_string(w, "version", "1.3.0");
	writer_open(w, "product", '{');
	writer_string(w, "name", "tsem");
	writer_string(w, "vendor_name", "tsem");
	writer_string(w, "version", TSEM_VERSION);
	writer_close(w, '}');
	writer_number(w, "sequence", s->number);
	writer_close(w, '}');
}

static void write_finding(struct writer *w, const struct tsem_signal *s)
{
	struct tsem_buffer title = {};
	char uid[64];

	signal_describe(s, &title);
	snprintf(uid, sizeof(uid), "%llu-%llu", s->detection, s->number);
	writer_open(w, "finding_info", '{');
	writer_string(w, "title", title.data ? title.data : "");
	writer_string(w, "uid", uid);
	writer_open(w, "analytic", '{');
	writer_string(w, "name", (const char *)s->name);
	writer_number(w, "type_id", 1);
	writer_close(w, '}');
	writer_open(w, "attacks", '[');
	if (s->technique[0]) {
		writer_open(w, NULL, '{');
		writer_open(w, "technique", '{');
		writer_string(w, "uid", (const char *)s->technique);
		writer_close(w, '}');
		writer_close(w, '}');
	}
	writer_close(w, ']');
	writer_close(w, '}');
	tsem_buffer_deinit(&title);
}

static void write_actor(struct writer *w, const struct tsem_signal *s)
{
	char comm[TSEM_COMM_SIZE + 1] = {}, uid[16];

	memcpy(comm, s->comm, TSEM_COMM_SIZE);
	snprintf(uid, sizeof(uid), "%u", s->uid);
	writer_open(w, "actor", '{');
	writer_open(w, "process", '{');
	writer_number(w, "pid", s->pid);
	writer_number(w, "tid", s->tid);
	writer_string(w, "name", comm);
	writer_open(w, "file", '{');
	writer_string(w, "path", (const char *)s->program);
	writer_number(w, "type_id", 1);
	writer_close(w, '}');
	writer_open(w, "user", '{');
	writer_string(w, "uid", uid);
	writer_close(w, '}');
	writer_close(w, '}');
	writer_close(w, '}');
}

static void print_ocsf(const struct tsem_signal *s)
{
	struct writer w;

	writer_init(&w, stdout);
	w.flat = true;
	writer_open(&w, NULL, '{');
	write_head(&w, s);
	write_finding(&w, s);
	writer_open(&w, "evidences", '[');
	writer_open(&w, NULL, '{');
	write_actor(&w, s);
	writer_open(&w, "data", '{');
	write_evidence(&w, s);
	writer_close(&w, '}');
	writer_close(&w, '}');
	writer_close(&w, ']');
	writer_close(&w, '}');
}

void signal_print(const struct tsem_signal *s, enum signal_form form)
{
	struct tsem_buffer text = {}, stamp = {};

	if (form == SIGNAL_JSON)
		print_json(s);
	else if (form == SIGNAL_OCSF)
		print_ocsf(s);
	if (form != SIGNAL_TEXT)
		return;
	clock_stamp(s->time, &stamp);
	signal_describe(s, &text);
	printf("%s %s\n", stamp.data ? stamp.data : "", text.data ? text.data : "");
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&stamp);
}
