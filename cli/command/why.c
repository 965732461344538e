/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "../../lib/base/hex.h"
#include "../../lib/explain/explainer.h"
#include "../../lib/explain/objects.h"
#include "../text/clock.h"
#include "../frame/cmd.h"
#include "../report/explain.h"
#include "../report/labels.h"
#include "../text/output.h"
#include "../text/text.h"

/* Shared by the functions below. */
struct report {
	const struct tsem_session *session;
	struct tsem_explainer *explainer;
	struct tsem_findings findings;
	bool verbose;
};

static bool has_findings(const struct tsem_session *session)
{
	return session->forensics.count || session->status.violations;
}

static void describe_lost(const struct tsem_entry *entry, struct tsem_buffer *out)
{
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	hex_format(entry->coefficient, TSEM_DIGEST_SIZE, hex);
	tsem_buffer_printf(out, "An event whose record was lost, %llu time%s: its coefficient %s is not in the model.",
			   entry->count, plural(entry->count), hex);
}

static void print_follower(const struct report *report, const struct tsem_entry *entry)
{
	struct tsem_buffer text = {0};

	tsem_explain_program(report->explainer, entry->record, &text);
	tsem_buffer_printf(&text, " ");
	tsem_record_describe(entry->record, &text);
	printf("      %7llu %s\n", entry->count, text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
}

/* Every event of an untrusted task is a violation: this is said once, and the events are listed on request. */
static void print_followers(const struct report *report, size_t leader)
{
	const struct tsem_findings *findings = &report->findings;
	size_t count, refused, i;
	tsem_u64 times;

	count = tsem_findings_followers(findings, leader, &refused, &times);
	if (count == 0)
		return;
	if (leader == TSEM_FINDING_NOBODY)
		printf("%zu event%s of processes that were untrusted already", count, plural(count));
	else
		printf("    Then %zu more event%s of the now untrusted process", count, plural(count));
	printf(count == 1 ? " was" : " were");
	if (refused == count)
		printf(" refused");
	else if (refused)
		printf(" violations, %zu of them refused", refused);
	else
		printf(" let through");
	if (times > count)
		printf(", %llu times in all", times);
	puts(report->verbose ? ":" : "; --verbose lists them.");
	for (i = 0; report->verbose && i < findings->forensics->count; i++) {
		if (findings->leaders[i] == leader && i != leader)
			print_follower(report, &findings->forensics->entries[i]);
	}
}

/* The sentence has one parent; this prints the whole chain. */
static void print_chain(const struct report *report, const struct tsem_record *record)
{
	struct tsem_buffer names = {0};
	size_t count, i;
	const char *name;

	count = tsem_explain_chain(report->explainer, record, &names);
	name = names.data;
	if (count > 2 && !names.failed) {
		printf("    The programs: ");
		for (i = 0; i < count; i++, name += strlen(name) + 1)
			printf("%s%s", i ? " > " : "", name);
		puts(".");
	}
	tsem_buffer_deinit(&names);
}

#define ALIKE_NAMED 3

/* Violations that differ only in their object share a line that names a few of the objects. */
static void print_alike(const struct report *report, size_t first)
{
	const struct tsem_findings *findings = &report->findings;
	struct tsem_buffer objects = {0};
	size_t alike, named = 0, followers = 0, refused, before, i;
	tsem_u64 times, follower_times;

	alike = tsem_findings_alike(findings, first, &times) - 1;
	if (alike == 0)
		return;
	for (i = first + 1; i < findings->forensics->count; i++) {
		if (findings->leaders[i] == i && findings->likes[i] == first)
			followers += tsem_findings_followers(findings, i, &refused, &follower_times);
	}
	for (i = first + 1; i < findings->forensics->count && named < ALIKE_NAMED; i++) {
		if (findings->leaders[i] != i || findings->likes[i] != first)
			continue;
		before = objects.size;
		if (named)
			tsem_buffer_printf(&objects, ", ");
		record_objects(findings->forensics->entries[i].record, &objects);
		if (objects.size <= before + (named ? 2 : 0))
			break; /* a deed without object */
		named++;
	}
	printf("    And %zu more like it, in all %llu times%s%s%s; --verbose explains each.\n", alike, times,
	       named ? ": " : "", named ? objects.data : "", named && named < alike ? ", ..." : "");
	if (followers)
		printf("    After these %zu more event%s of the processes that were untrusted then.\n", followers,
		       plural(followers));
	tsem_buffer_deinit(&objects);
}

static void print_finding(const struct report *report, size_t index)
{
	const struct tsem_entry *entry = &report->findings.forensics->entries[index];
	struct tsem_buffer text = {0};

	if (entry->record)
		explain_entry(report->explainer, entry, &text);
	else
		describe_lost(entry, &text);
	puts(text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
	if (entry->record)
		print_chain(report, entry->record);
	print_followers(report, index);
}

static void print_counts(const struct report *report)
{
	const struct tsem_status *status = &report->session->status;
	tsem_u64 consequences = tsem_findings_consequences(&report->findings);
	size_t count = report->findings.violations;

	printf("\n%zu distinct violation%s; in all %llu event%s outside the model", count, plural(count),
	       status->violations, plural(status->violations));
	if (consequences)
		printf(", %llu of them because the process was untrusted already", consequences);
	printf(", %llu refused.\n", status->refused);
}

static void print_conclusion(const struct report *report)
{
	const struct tsem_status *status = &report->session->status;
	size_t count = report->findings.violations;

	if (!has_findings(report->session))
		puts(status->mode == TSEM_MODE_FREE ? "No violations: the session has no model." : "No violations.");
	else if (status->mode == TSEM_MODE_FREE)
		printf("\n%zu distinct event%s could not be modeled, and would be refused with a model%s.\n", count,
		       plural(count), status->refused ? ", or are refused in every mode" : "");
	else
		print_counts(report);
	if (status->lost)
		printf("%llu record%s lost, so that something may be missing here.\n", status->lost,
		       status->lost == 1 ? " was" : "s were");
}

/* Without this sentence each of its violations would be a riddle. */
static void print_beginning(const struct report *report)
{
	struct tsem_buffer text = {0};
	bool told = false;

	for (size_t i = 0; i < report->findings.forensics->count && !told; i++) {
		const struct tsem_record *record = report->findings.forensics->entries[i].record;

		told = record && explain_beginning(report->explainer, record, &text);
	}
	if (told)
		printf("%s\n\n", text.data);
	tsem_buffer_deinit(&text);
}

/* Whose programs they are, as who bound the session said. */
static void print_labels(const struct report *report)
{
	struct tsem_buffer text = {};
	struct labels labels;

	labels_load(&labels, report->session->name);
	labels_list(&labels, &text);
	if (text.size) {
		printf("Session %s: ", report->session->name);
		print_styled(stdout, STYLE_PLAIN, text.data);
		puts(".\n");
	}
	tsem_buffer_deinit(&text);
}

static void print_report(const struct report *report)
{
	size_t i;

	print_labels(report);
	print_beginning(report);
	for (i = 0; i < report->findings.forensics->count; i++) {
		if (report->findings.leaders[i] != i || (report->findings.likes[i] != i && !report->verbose))
			continue;
		print_finding(report, i);
		if (!report->verbose)
			print_alike(report, i);
	}
	print_followers(report, TSEM_FINDING_NOBODY);
	print_conclusion(report);
}

/* Writes the text that a function of explain.h appends, or null when it appends nothing. */
static void write_text(struct writer *writer, const char *key, struct tsem_buffer *text)
{
	if (text->size)
		writer_buffer(writer, key, text);
	else
		writer_null(writer, key);
	tsem_buffer_deinit(text);
}

static void write_nearest(const struct report *report, const struct tsem_record *record, struct writer *writer)
{
	const struct tsem_record *nearest = tsem_explain_nearest(report->explainer, record);
	struct tsem_buffer text = {0};

	if (!nearest) {
		writer_null(writer, "nearest");
		return;
	}
	writer_open(writer, "nearest", '{');
	tsem_explain_program(report->explainer, nearest, &text);
	write_text(writer, "program", &text);
	tsem_explain_deed(report->explainer, nearest, &text);
	write_text(writer, "action", &text);
	tsem_explain_difference(report->explainer, nearest, record, &text);
	write_text(writer, "difference", &text);
	tsem_record_to_json(nearest, &text);
	writer_raw(writer, "record", &text);
	tsem_buffer_deinit(&text);
	writer_close(writer, '}');
}

static void write_chain(const struct report *report, const struct tsem_record *record, struct writer *writer)
{
	struct tsem_buffer names = {0};
	size_t count, i;
	const char *name;

	count = tsem_explain_chain(report->explainer, record, &names);
	writer_open(writer, "programs", '[');
	name = names.data;
	for (i = 0; i < count && !names.failed; i++, name += strlen(name) + 1)
		writer_string(writer, NULL, name);
	writer_close(writer, ']');
	tsem_buffer_deinit(&names);
}

static void write_record(const struct report *report, const struct tsem_record *record, struct writer *writer)
{
	const char *failure = tsem_explain_failure(record);
	struct tsem_buffer text = {0};

	tsem_explain_program(report->explainer, record, &text);
	write_text(writer, "program", &text);
	tsem_explain_parent(report->explainer, record, &text);
	write_text(writer, "started_by", &text);
	write_chain(report, record, writer);
	tsem_explain_deed(report->explainer, record, &text);
	write_text(writer, "action", &text);
	writer_bool(writer, "refused", record->flags & TSEM_RECORD_REFUSED);
	writer_bool(writer, "untrusted", record->flags & TSEM_RECORD_UNTRUSTED);
	clock_stamp(record->ts, &text);
	write_text(writer, "first", &text);
	if (failure)
		writer_string(writer, "failure", failure);
	else
		writer_null(writer, "failure");
	write_nearest(report, record, writer);
	tsem_record_to_json(record, &text);
	writer_raw(writer, "record", &text);
	tsem_buffer_deinit(&text);
}

static void write_finding(const struct report *report, size_t index, struct writer *writer)
{
	const struct tsem_entry *entry = &report->findings.forensics->entries[index];
	size_t leader = report->findings.leaders[index];
	struct tsem_buffer text = {0};

	writer_open(writer, NULL, '{');
	writer_number(writer, "number", index);
	writer_hex(writer, "coefficient", entry->coefficient);
	writer_number(writer, "count", entry->count);
	if (entry->record)
		explain_sentence(report->explainer, entry, &text);
	else
		describe_lost(entry, &text);
	write_text(writer, "sentence", &text);
	if (leader == index || leader == TSEM_FINDING_NOBODY)
		writer_null(writer, "follows");
	else
		writer_number(writer, "follows", leader);
	writer_number(writer, "like", report->findings.likes[index]);
	if (entry->record)
		write_record(report, entry->record, writer);
	writer_close(writer, '}');
}

static void write_report(const struct report *report)
{
	struct labels labels;
	struct writer writer;
	size_t i;

	labels_load(&labels, report->session->name);
	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "session", report->session->name);
	labels_write(&labels, &writer);
	writer_string(&writer, "mode", mode_word(report->session->status.mode));
	writer_number(&writer, "violations", report->session->status.violations);
	writer_number(&writer, "refused", report->session->status.refused);
	writer_number(&writer, "records_lost", report->session->status.lost);
	writer_open(&writer, "events", '[');
	for (i = 0; i < report->findings.forensics->count; i++)
		write_finding(report, i, &writer);
	writer_close(&writer, ']');
	writer_close(&writer, '}');
}

static int open_report(const struct tsem_session *session, struct report *ret_report, struct tsem_error *error)
{
	ret_report->session = session;
	ret_report->explainer = explainer_of(session);
	explain_origin(ret_report->explainer, session->name);
	if (!ret_report->explainer)
		return tsem_error_set(error, ENOMEM, "out of memory");
	return tsem_findings_init(&ret_report->findings, &session->forensics, error);
}

int cmd_why(const struct invocation *invocation)
{
	struct report report = {.verbose = invocation_given(invocation, OPTION_why_verbose)};
	struct tsem_session *session;
	bool any = false;
	int status;

	status = tsem_session_open(invocation->operands[0], &session, invocation->error);
	if (status)
		return status;
	status = open_report(session, &report, invocation->error);
	if (status == 0) {
		any = has_findings(session);
		if (invocation_given(invocation, OPTION_why_json))
			write_report(&report);
		else
			print_report(&report);
	}
	tsem_findings_deinit(&report.findings);
	tsem_explainer_destroy(report.explainer);
	tsem_session_destroy(session);
	return status ? status : any ? STATUS_VIOLATIONS : 0;
}
