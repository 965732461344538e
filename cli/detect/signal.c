/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A signal as text, as JSON, as a Detection Finding of OCSF. */
#include <string.h>

#include "../../sink/ocsf_words.h"
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

/* ---- OCSF: as sink/ocsf.c writes a violation ---- */

static void write_metadata(struct writer *w, const struct tsem_signal *s)
{
	struct tsem_buffer product = {};

	tsem_buffer_printf(&product, OCSF_PRODUCT);
	writer_open(w, "metadata", '{');
	writer_string(w, "version", OCSF_VERSION);
	if (product.data)
		writer_raw(w, "product", &product);
	writer_number(w, "sequence", s->number);
	writer_close(w, '}');
	tsem_buffer_deinit(&product);
}

static void write_head(struct writer *w, const struct tsem_signal *s)
{
	bool refused = s->outcome != TSEM_SIGNAL_LOGGED && s->outcome != TSEM_SIGNAL_FORGIVEN;
	unsigned severity = OCSF_FINDING_SEVERITY(refused), disposition = OCSF_FINDING_DISPOSITION(refused);

	writer_number(w, "category_uid", OCSF_FINDING / 1000);
	writer_string(w, "category_name", ocsf_category_name(OCSF_FINDING));
	writer_number(w, "class_uid", OCSF_FINDING);
	writer_string(w, "class_name", ocsf_class_name(OCSF_FINDING));
	writer_number(w, "activity_id", OCSF_CREATE);
	writer_string(w, "activity_name", ocsf_activity_name(OCSF_FINDING, OCSF_CREATE));
	writer_number(w, "type_uid", OCSF_FINDING * 100 + OCSF_CREATE);
	writer_number(w, "severity_id", severity);
	writer_string(w, "severity", ocsf_severity_name(severity));
	writer_number(w, "time", clock_milliseconds(s->time));
	writer_number(w, "action_id", OCSF_ACTION(refused));
	writer_string(w, "action", ocsf_action_name(refused));
	writer_number(w, "disposition_id", disposition);
	writer_string(w, "disposition", ocsf_disposition_name(disposition));
	write_metadata(w, s);
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
