/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "knowledge.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/explain/explainer.h"
#include "../report/explain.h"
#include "cmdline.h"
#include "../../lib/base/ticks.h"

#define FRESH 5000000000ull /* nanoseconds for which a process number surely names the same process */
#define LINE_MAX_SHOWN 4096
/* An exec is recorded before it is done. Waiting for it takes at most a tenth of the time, whatever a workload does. */
#define WAIT_US 1000
#define WAITS 5
#define REST 50000000ull

/* Called for each event, so it also learns the programs for later events. */
static void find_program(void *context, const struct tsem_record *record, struct tsem_buffer *ret_path)
{
	struct knowledge *k = context;

	tsem_explain_program(k->explainer, record, ret_path);
	if (ret_path->size && ret_path->data[0] != '/')
		ret_path->size = 0; /* a made-up name */
	tsem_explainer_learn(k->explainer, record);
}

static void find_nearest(void *context, const struct tsem_record *record, struct tsem_buffer *ret_nearest,
			 struct tsem_buffer *ret_difference)
{
	struct knowledge *k = context;
	const struct tsem_record *nearest = tsem_explain_nearest(k->explainer, record);

	if (!nearest)
		return;
	tsem_explain_action(k->explainer, nearest, ret_nearest);
	tsem_explain_difference(k->explainer, nearest, record, ret_difference);
}

/* 1: the process runs the program of the exec; 0: another program; negative: it is gone. */
static int runs(const struct tsem_record *record)
{
	char link[64], found[4096];
	struct tsem_buffer path = {};
	ssize_t size;
	bool same;

	snprintf(link, sizeof(link), "/proc/%u/exe", record->pid);
	size = readlink(link, found, sizeof(found) - 1);
	if (size == -EAGAIN)
		return -1;
	tsem_record_object(record, &path);
	same = path.size == (size_t)size && !memcmp(path.data, found, size);
	tsem_buffer_deinit(&path);
	return same;
}

static bool runs_soon(struct knowledge *k, const struct tsem_record *record)
{
	int found = runs(record);

	if (found || ticks_now() < k->rest)
		return found > 0;
	for (unsigned waits = 0; !found && waits < WAITS; waits++) {
		usleep(WAIT_US);
		found = runs(record);
	}
	k->rest = ticks_now() + REST;
	return found > 0;
}

static bool is_plain(const char *word, size_t length)
{
	size_t i = 0;

	while (i < length && (isalnum((unsigned char)word[i]) || strchr("_./=:,@%+-", word[i])))
		i++;
	return length && i == length;
}

/*
 * Arguments separated by blanks, as in a shell. Arguments that are not plain are quoted, so that one never looks like
 * two.
 */
static void add_arguments(const char *bytes, size_t size, struct tsem_buffer *line)
{
	for (size_t at = 0, length; at < size; at += length + 1) {
		const char *word = bytes + at;
		bool quoted;

		length = strnlen(word, size - at);
		quoted = !is_plain(word, length);
		tsem_buffer_printf(line, "%s%s", at ? " " : "", quoted ? "'" : "");
		for (size_t i = 0; i < length; i++)
			tsem_buffer_printf(line, word[i] == '\'' ? "'\\''" : "%c", word[i]);
		tsem_buffer_printf(line, "%s", quoted ? "'" : "");
	}
}

/*
 * The command line at the time of writing, because the record does not have it. A process can change it, and its number
 * can be reused, so only a fresh exec whose program still runs is read.
 */
static void find_cmd_line(void *context, const struct tsem_record *record, struct tsem_buffer *ret_line)
{
	char bytes[LINE_MAX_SHOWN];
	struct knowledge *k = context;
	ssize_t size;

	if (ticks_now() - record->ts > FRESH || ticks_now() < k->looked || !runs_soon(k, record))
		return;
	size = cmdline_read(record->pid, bytes, sizeof(bytes));
	if (size == -EAGAIN)
		k->looked = ticks_now() + REST; /* a tenth of the time, here too */
	if (size <= 0 || runs(record) <= 0)
		return;
	add_arguments(bytes, size, ret_line);
	if (size == sizeof(bytes))
		tsem_buffer_printf(ret_line, "...");
}

int knowledge_open(struct knowledge *k, const char *session, struct tsem_error *error)
{
	int r;

	*k = (struct knowledge){};
	r = session ? tsem_session_open(session, &k->session, error) : 0;
	if (r)
		return r;
	k->explainer = k->session ? explainer_of(k->session) : tsem_explainer_create(NULL);
	if (k->session)
		explain_origin(k->explainer, session);
	if (!k->explainer) {
		knowledge_close(k);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	k->sink = (struct sink_knowledge){k, find_program, find_cmd_line, find_nearest};
	return 0;
}

void knowledge_close(struct knowledge *k)
{
	if (k->explainer && cmdline_stuck())
		fputs("tsem: a process made its command line unreadable: later events have none\n", stderr);
	tsem_explainer_destroy(k->explainer);
	if (k->session)
		tsem_session_destroy(k->session);
	*k = (struct knowledge){};
}
