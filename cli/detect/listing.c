/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem detect ls, show. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../text/output.h"
#include "../text/text.h"
#include "detect.h"

#define MEASURE_SECONDS 1

static const char *once_word(tsem_u32 once)
{
	return once == TSEM_ONCE_TASK ? "task" : once == TSEM_ONCE_MINUTE ? "minute" : "never";
}

struct cost {
	tsem_u64 runs, nanoseconds;
};

/* What the programs took during a second. */
static int measure(const struct invocation *v, struct tsem_detect *detect, struct tsem_detect_status **ret_list,
		   size_t *ret_count, struct cost *ret_costs)
{
	struct tsem_detect_status *before = NULL;
	size_t count;
	int r, stats = tsem_detect_measure(v->error);

	if (stats < 0)
		return stats;
	r = tsem_detect_list(detect, &before, &count, v->error);
	if (!r) {
		sleep(MEASURE_SECONDS);
		r = tsem_detect_list(detect, ret_list, ret_count, v->error);
	}
	for (size_t i = 0; !r && i < *ret_count; i++) {
		ret_costs[i] = (struct cost){};
		for (size_t k = 0; k < count; k++)
			if (before[k].detection.id == (*ret_list)[i].detection.id)
				ret_costs[i] = (struct cost){(*ret_list)[i].runs - before[k].runs,
							     (*ret_list)[i].nanoseconds - before[k].nanoseconds};
	}
	close(stats);
	free(before);
	return r;
}

static double share_of(const struct cost *cost)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cost->nanoseconds / 1e9 / MEASURE_SECONDS / (cpus > 0 ? cpus : 1);
}

static void write_one(struct writer *w, const struct tsem_detect_status *s, const struct cost *cost)
{
	writer_open(w, NULL, '{');
	writer_string(w, "name", (const char *)s->detection.name);
	writer_string(w, "technique", (const char *)s->detection.technique);
	writer_string(w, "text", (const char *)s->detection.text);
	writer_string(w, "action", action_word(s->detection.action));
	writer_string(w, "scope", s->scope);
	writer_string(w, "once_per", once_word(s->detection.once));
	writer_bool(w, "armed", s->detection.armed);
	writer_string(w, "hooks", s->hooks);
	writer_number(w, "programs", s->programs);
	writer_number(w, "calls", s->counts.calls);
	writer_number(w, "signals", s->counts.signals);
	writer_number(w, "refused", s->counts.refused);
	writer_number(w, "quiet", s->counts.quiet);
	writer_number(w, "failed", s->counts.failed);
	writer_number(w, "digests", s->digests);
	writer_number(w, "words", s->words);
	if (cost) {
		writer_number(w, "measured_calls", cost->runs);
		writer_number(w, "measured_nanoseconds", cost->nanoseconds);
		writer_number(w, "nanoseconds_per_call", cost->runs ? cost->nanoseconds / cost->runs : 0);
	}
	writer_close(w, '}');
}

static void print_json(const struct tsem_detect_status *list, size_t count, const struct cost *costs, tsem_u64 sent,
		       tsem_u64 lost)
{
	struct writer writer;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_number(&writer, "signals", sent);
	writer_number(&writer, "lost", lost);
	writer_open(&writer, "detections", '[');
	for (size_t i = 0; i < count; i++)
		write_one(&writer, &list[i], costs ? &costs[i] : NULL);
	writer_close(&writer, ']');
	writer_close(&writer, '}');
}

static void add_row(struct table *table, const struct tsem_detect_status *s, const struct cost *cost)
{
	const struct tsem_detection *d = &s->detection;

	table_add(table, STYLE_STRONG, "%s", (const char *)d->name);
	table_add(table, d->action == TSEM_ACTION_LOG ? STYLE_PLAIN : STYLE_WARN, "%s", action_word(d->action));
	table_add(table, STYLE_PLAIN, "%s", s->scope);
	table_add(table, STYLE_PLAIN, "%llu", s->counts.calls);
	table_add(table, s->counts.signals ? STYLE_BAD : STYLE_PLAIN, "%llu", s->counts.signals);
	table_add(table, s->counts.refused ? STYLE_BAD : STYLE_PLAIN, "%llu", s->counts.refused);
	table_add(table, s->counts.failed ? STYLE_WARN : STYLE_PLAIN, "%llu", s->counts.failed);
	if (cost) {
		table_add(table, STYLE_PLAIN, "%llu", cost->runs ? cost->nanoseconds / cost->runs : 0);
		table_add(table, STYLE_PLAIN, "%.3f%%", 100 * share_of(cost));
	}
	table_add(table, STYLE_PLAIN, "%s", (const char *)d->technique);
}

static int print_table(const struct tsem_detect_status *list, size_t count, const struct cost *costs, tsem_u64 lost,
		       struct tsem_error *error)
{
	struct table table;
	int r;

	table_init(&table, costs ? 10 : 8, costs ? 0x1f8 : 0x78);
	table_head(&table, costs ? "NAME ACTION SCOPE CALLS SIGNALS REFUSED FAILED NS/CALL SHARE TECHNIQUE" :
				   "NAME ACTION SCOPE CALLS SIGNALS REFUSED FAILED TECHNIQUE");
	for (size_t i = 0; i < count; i++)
		add_row(&table, &list[i], costs ? &costs[i] : NULL);
	r = table_print(&table, stdout, error);
	table_deinit(&table);
	if (lost)
		printf("%llu signals were lost, because nobody took them in time.\n", lost);
	return r;
}

/* Those that tsem has with it, attached or not. */
static int print_shipped(const struct invocation *v)
{
	struct tsem_detect_shipped shipped;
	struct tsem_detection_head head;
	struct table table;
	int r = 0;

	table_init(&table, 4, 0);
	table_head(&table, "NAME TECHNIQUE ACTION FIRES-WHEN");
	for (size_t i = 0; !r && tsem_detect_object(i, &shipped); i++) {
		if (shipped_is_part(shipped.name))
			continue;
		r = tsem_detect_head(shipped.name, &head, v->error);
		if (r)
			break;
		table_add(&table, STYLE_STRONG, "%s", (const char *)head.name);
		table_add(&table, STYLE_PLAIN, "%s", (const char *)head.technique);
		table_add(&table, STYLE_PLAIN, "%s", action_word(head.action));
		table_add(&table, STYLE_PLAIN, "%s", (const char *)head.text);
	}
	if (!r)
		r = table_print(&table, stdout, v->error);
	table_deinit(&table);
	return r;
}

int detect_ls(const struct invocation *v)
{
	bool cost = invocation_given(v, OPTION_detect_cost);
	struct tsem_detect_status *list = NULL;
	struct cost costs[TSEM_DETECTIONS_MAX];
	tsem_u64 sent = 0, lost = 0;
	struct tsem_detect *detect = NULL;
	size_t count = 0;
	int r;

	if (invocation_given(v, OPTION_detect_all))
		return print_shipped(v);
	r = tsem_detect_open(0, &detect, v->error);
	if (r == -ENOENT) { /* none is no failure */
		*v->error = (struct tsem_error){};
		r = 0;
	} else if (!r) {
		r = cost ? measure(v, detect, &list, &count, costs) : tsem_detect_list(detect, &list, &count, v->error);
		tsem_detect_signals(detect, &sent, &lost);
	}
	if (!r && invocation_given(v, OPTION_detect_json))
		print_json(list, count, cost ? costs : NULL, sent, lost);
	else if (!r)
		r = print_table(list, count, cost ? costs : NULL, lost, v->error);
	free(list);
	tsem_detect_close(detect);
	return r;
}

/* ---- show ---- */

static void tell_attached(const struct tsem_detect_status *s)
{
	printf("Attached to %s; action %s, scope %s", s->hooks, action_word(s->detection.action), s->scope);
	if (s->detection.once)
		printf(", one signal for each %s", once_word(s->detection.once));
	printf(".\n%llu calls, %llu signals, %llu refused", s->counts.calls, s->counts.signals, s->counts.refused);
	if (s->counts.quiet)
		printf(", %llu not sent again", s->counts.quiet);
	if (s->counts.failed)
		printf(", %llu times it could not look", s->counts.failed);
	puts(".");
	if (s->digests)
		printf("%zu digests in its list.\n", s->digests);
	if (s->words)
		printf("%zu words in its list.\n", s->words);
}

static int find_attached(const struct invocation *v, const char *name, struct tsem_detect_status *ret_status)
{
	struct tsem_detect_status *list;
	struct tsem_detect *detect;
	size_t count;
	int r = tsem_detect_open(0, &detect, v->error);

	if (!r) {
		r = tsem_detect_list(detect, &list, &count, v->error);
		tsem_detect_close(detect);
	}
	if (r)
		return r;
	r = -ENOENT;
	for (size_t i = 0; r && i < count; i++)
		if (!strcmp((const char *)list[i].detection.name, name)) {
			*ret_status = list[i];
			r = 0;
		}
	free(list);
	return r;
}

static void tell_head(const char *name, const char *technique, const char *text)
{
	printf("%s: ", name);
	text_wrap_from(stdout, text, strlen(name) + 2, 2, 100);
	printf("Technique %s of MITRE ATT&CK: https://attack.mitre.org/techniques/%.5s%s%s\n", technique, technique,
	       technique[5] ? "/" : "", technique[5] ? technique + 6 : "");
}

int detect_show(const struct invocation *v)
{
	struct tsem_detect_status status;
	struct tsem_detection_head head;
	struct writer writer;
	int attached = find_attached(v, v->operands[1], &status), r;

	if (attached && attached != -ENOENT)
		return attached;
	*v->error = (struct tsem_error){};
	if (!attached && invocation_given(v, OPTION_detect_json)) {
		writer_init(&writer, stdout);
		write_one(&writer, &status, NULL);
		return 0;
	}
	if (!attached) {
		tell_head((const char *)status.detection.name, (const char *)status.detection.technique,
			  (const char *)status.detection.text);
		tell_attached(&status);
		return 0;
	}
	r = tsem_detect_head(v->operands[1], &head, v->error);
	if (r)
		return r;
	tell_head((const char *)head.name, (const char *)head.technique, (const char *)head.text);
	printf("Not attached; the default action is %s.\n", action_word(head.action));
	return 0;
}
