/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../sink/collect.h"
#include "../../sink/source.h"
#include "../frame/cmd.h"
#include "../text/output.h"
#include "../session/lines.h"
#include "../session/outlet.h"
#include "../session/stream.h"
#include "../../lib/base/ticks.h"
#include "../text/text.h"

#define WINDOW 4096
#define FLUSH_SIZE (256u << 10)
#define LINES_A_LOOK 1024 /* between two looks for gaps */
#define TOLD_MAX 1000 /* sentences about gaps and conflicts; the summary has them all */

struct collecting {
	struct collector *collector;
	struct tsem_error *error;
	const char *path; /* for messages */
	struct outlet outlet;
	struct tsem_buffer lines;
	tsem_u64 window, bad, came, misplaced, unfollowed, told;
};

/* Truncates a partial line of a regular file, so that it ends with a complete one. */
static void drop_half_line(const struct collecting *c, size_t written)
{
	const char *start = c->lines.data, *end = written ? memrchr(start, '\n', written) : NULL;
	size_t half = written - (end ? end + 1 - start : 0);
	struct stat st;

	if (half && !fstat(c->outlet.fd, &st) && S_ISREG(st.st_mode) && st.st_size >= (off_t)half &&
	    ftruncate(c->outlet.fd, st.st_size - half))
		return; /* the reader will find a partial line: nothing more can be done */
}

static int fail(struct collecting *c, size_t written, int code)
{
	drop_half_line(c, written);
	c->lines.size = 0;
	return tsem_error_set(c->error, code, "cannot write events to %s: %s", c->path,
			      code == ECANCELED ? "interrupted" : strerror(code));
}

static int flush(struct collecting *c)
{
	size_t written;
	int r = outlet_write(&c->outlet, c->lines.data, c->lines.size, &written);

	if (r)
		return fail(c, written, -r);
	c->lines.size = 0;
	return c->lines.failed ? tsem_error_set(c->error, ENOMEM, "out of memory") : 0;
}

/* False when enough was said. */
static bool begin_telling(struct collecting *c, const struct collect_stream *stream)
{
	struct tsem_buffer whose = {};

	if (c->told++ >= TOLD_MAX)
		return false;
	tsem_buffer_printf(&whose, "%s boot %.8s %s (namespace %llu)", stream->identity.host, stream->identity.boot,
			   stream->identity.name, stream->context);
	fputs("tsem: ", stderr);
	print_styled(stderr, STYLE_STRONG, whose.data ? whose.data : "");
	tsem_buffer_deinit(&whose);
	return true;
}

static void tell_gap(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	if (!begin_telling(context, stream))
		return;
	if (from == to)
		fprintf(stderr, ": event %llu is missing\n", from);
	else
		fprintf(stderr, ": events %llu to %llu are missing, %llu in all\n", from, to, to - from + 1);
}

static void tell_conflict(void *context, const struct collect_stream *stream, tsem_u64 number, bool end)
{
	if (!begin_telling(context, stream))
		return;
	if (end)
		fprintf(stderr, ": number %llu contradicts its end, %llu, or its events; all lines are kept\n", number,
			stream->last);
	else
		fprintf(stderr, ": event %llu came with different contents; all are kept\n", number);
}

/* Only the first is reported. */
static void count_odd(tsem_u64 *count, const struct tsem_error *bad)
{
	if (*count += 1, *count > 1)
		return;
	fputs("tsem: ", stderr);
	print_styled(stderr, STYLE_PLAIN, bad->text);
	fputs("; it is left out\n", stderr);
}

static void keep(struct collecting *c, const char *text, size_t size)
{
	tsem_buffer_add(&c->lines, text, size);
	tsem_buffer_add(&c->lines, "\n", 1);
}

/*
 * Others may write to a broker's topics, too. Counts and leaves out lines that are not from tsem, and lines in the name
 * of another host. Among the rest, it leaves out only exact duplicates.
 */
static int take(void *context, const char *topic, const char *text, size_t size)
{
	struct collecting *c = context;
	struct tsem_error bad = {};

	c->came++;
	switch (collector_take(c->collector, topic, text, size, &bad)) {
	case COLLECT_BAD:
		if (bad.code == ENOMEM) {
			*c->error = bad;
			return -ENOMEM;
		}
		count_odd(&c->bad, &bad);
		return 0;
	case COLLECT_MISPLACED:
		count_odd(&c->misplaced, &bad);
		return 0;
	case COLLECT_DUPLICATE:
		return 0;
	case COLLECT_UNFOLLOWED:
		c->unfollowed++;
		break;
	default:
		break;
	}
	keep(c, text, size);
	return c->lines.size < FLUSH_SIZE ? 0 : flush(c);
}

/* ---- where lines come from ---- */

/* Reads the file of an earlier run: its lines are known, and not written again. */
static int take_known(void *context, const char *topic, const char *text, size_t size)
{
	struct collecting *c = context;
	struct tsem_error ignored;

	collector_take(c->collector, topic, text, size, &ignored);
	return 0;
}

static bool wants_end(void *context)
{
	(void)context;
	return true;
}

static int each_line(const char *path, int signals, source_fn fn, struct collecting *c)
{
	struct lines lines;
	const char *text;
	size_t size;
	int r = lines_open(path, &lines, c->error);

	if (r)
		return r;
	lines.signals = signals;
	lines.ends = wants_end;
	if (fn == take && lines_lead_to(&lines, NULL, c->outlet.fd))
		r = tsem_error_set(c->error, EINVAL, "cannot read %s and append to it at the same time", path);
	while (!r && (r = lines_next(&lines, &text, &size, c->error)) && (r > 0 || r == -EMSGSIZE)) {
		c->bad += r < 0;
		r = r > 0 && size ? fn(c, NULL, text, size) : 0;
		if (lines.number % LINES_A_LOOK == 0)
			collector_gaps(c->collector, false);
	}
	if (!r && lines.interrupted)
		r = tsem_error_set(c->error, EINTR, "interrupted: the rest of %s was not collected", path);
	lines_close(&lines);
	return r;
}

static void say(const char *text)
{
	fprintf(stderr, "tsem: %s\n", text);
}

static time_t seconds(void)
{
	return ticks_seconds();
}

/* Whatever ended it: that nothing is missing could not be known. */
static int check_reached(const struct source *source, const struct collecting *c)
{
	if (source_reached(source))
		return 0;
	return tsem_error_set(c->error, ENOTCONN,
			      c->came ? "the broker never granted the topics: more may be there than was collected" :
					"the broker was never reached: nothing was collected");
}

static int serve(const struct invocation *v, struct source *source, int signals, struct collecting *c)
{
	time_t idle = invocation_number(v, OPTION_collect_idle, 0), since = seconds();
	tsem_u64 before = 0;
	int r = 0;

	while (!r) {
		struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, source_poll(source)};

		if (poll(fds, 2, fds[1].fd < 0 ? 200 : 500) > 0 && fds[0].revents)
			break;
		r = source_work(source, take, c, v->error);
		if (!r)
			r = flush(c);
		if (c->came != before)
			since = seconds();
		before = c->came;
		if (!r && idle && seconds() - since >= idle)
			break;
		collector_gaps(c->collector, false);
	}
	if (!r)
		r = source_end(source, take, c, NULL);
	return r ? r : check_reached(source, c);
}

/* ---- the end ---- */

static void write_gap(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	struct writer *writer = context;

	(void)stream;
	writer_open(writer, NULL, '{');
	writer_number(writer, "from", from);
	writer_number(writer, "to", to);
	writer_close(writer, '}');
}

static void write_stream(struct writer *writer, const struct collect_stream *stream)
{
	writer_open(writer, NULL, '{');
	writer_string(writer, "host", stream->identity.host);
	writer_string(writer, "boot", stream->identity.boot);
	writer_string(writer, "namespace", stream->identity.name);
	writer_number(writer, "context", stream->context);
	writer_number(writer, "events", stream->events);
	writer_number(writer, "duplicates", stream->duplicates);
	writer_number(writer, "conflicts", stream->conflicts);
	writer_number(writer, "uncompared", stream->uncompared);
	writer_number(writer, "late", stream->late);
	writer_number(writer, "missing", collect_missing(stream, NULL, NULL));
	writer_bool(writer, "ended", stream->last);
	writer_open(writer, "gaps", '[');
	collect_missing(stream, write_gap, writer);
	writer_close(writer, ']');
	writer_number(writer, "forgotten", stream->forgotten);
	writer_close(writer, '}');
}

static void write_summary(const struct collecting *c)
{
	const struct collect_stream *stream;
	struct writer writer;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_open(&writer, "streams", '[');
	for (size_t i = 0; (stream = collector_stream(c->collector, i)); i++)
		write_stream(&writer, stream);
	writer_close(&writer, ']');
	writer_number(&writer, "foreign", c->bad);
	writer_number(&writer, "misplaced", c->misplaced);
	writer_number(&writer, "unfollowed", c->unfollowed);
	writer_close(&writer, '}');
}

struct totals {
	tsem_u64 events, duplicates, missing, conflicts, uncompared;
	size_t streams;
};

static struct totals sum(const struct collecting *c)
{
	const struct collect_stream *stream;
	struct totals totals = {};

	for (; (stream = collector_stream(c->collector, totals.streams)); totals.streams++) {
		totals.events += stream->events;
		totals.duplicates += stream->duplicates;
		totals.missing += collect_missing(stream, NULL, NULL);
		totals.conflicts += stream->conflicts;
		totals.uncompared += stream->uncompared;
	}
	return totals;
}

static void tell_count(tsem_u64 count, const char *what)
{
	if (count)
		fprintf(stderr, "tsem: %llu %s\n", count, what);
}

static int finish(const struct invocation *v, struct collecting *c)
{
	struct totals totals;

	collector_gaps(c->collector, true);
	totals = sum(c);
	fprintf(stderr, "tsem: %llu events of %zu namespace%s, %llu duplicates removed, %llu missing\n", totals.events,
		totals.streams, plural(totals.streams), totals.duplicates, totals.missing);
	tell_count(totals.conflicts, "lines contradict others with the same number; all are kept");
	tell_count(totals.uncompared, "lines may be duplicates, and came too late to be compared; they are kept");
	tell_count(c->unfollowed, "lines are of more namespaces than can be followed; they are kept");
	tell_count(c->misplaced,
		   "lines were written to a topic that is not of their host and namespace, and are left out");
	tell_count(c->bad, "lines were not from tsem");
	tell_count(c->told > TOLD_MAX ? c->told - TOLD_MAX : 0,
		   "more gaps and conflicts were not printed; --json has them");
	if (invocation_given(v, OPTION_collect_json))
		write_summary(c);
	return totals.missing || totals.conflicts || c->misplaced || c->unfollowed ? STATUS_VIOLATIONS : 0;
}

static bool ends_whole(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		last = 0;
	if (fd >= 0)
		close(fd);
	return last == '\n';
}

static int open_output(const char *path, int signals, struct collecting *c)
{
	struct stat st;
	int r;

	c->path = path ? path : "standard output";
	c->outlet = (struct outlet){-1, signals, wants_end, NULL};
	r = outlet_open(&c->outlet, path);
	/* Ends a partial line of an earlier run, so that none of ours is lost after it. */
	if (!r && path && !fstat(c->outlet.fd, &st) && S_ISREG(st.st_mode) && !ends_whole(path) &&
	    write(c->outlet.fd, "\n", 1) != 1)
		r = -errno;
	return r ? tsem_error_set(c->error, -r, "cannot write %s: %s", c->path,
				  r == -ECANCELED ? "interrupted before a reader opened it" : strerror(-r)) :
		   0;
}

static int collect(const struct invocation *v, struct source *source, int signals, struct collecting *c)
{
	const char *from = invocation_value(v, OPTION_collect_from), *path = invocation_value(v, OPTION_collect_output);
	const struct collect_listener listener = {c, tell_gap, tell_conflict};
	struct stat st;
	int r = 0, closed;

	c->collector = collector_create(c->window, source ? source_layout(source) : NULL, &listener);
	if (!c->collector)
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	if (path && source && !stat(path, &st) && S_ISREG(st.st_mode))
		r = each_line(path, signals, take_known, c);
	if (!r)
		r = open_output(path, signals, c);
	if (!r)
		r = source ? serve(v, source, signals, c) : each_line(from, signals, take, c);
	if (!r || r == -EINTR || r == -ENOTCONN) { /* the lines before the interruption are written */
		closed = flush(c);
		r = closed ? closed : r;
	}
	closed = outlet_close(&c->outlet);
	if (closed && !r)
		r = tsem_error_set(v->error, -closed, "cannot write events to %s: %s", path, strerror(-closed));
	return r ? r : finish(v, c);
}

/* A regular file, existing or not: there is room beside it for the collector's state. */
static bool is_file(const char *path)
{
	struct stat st;

	return path && (stat(path, &st) ? errno == ENOENT : S_ISREG(st.st_mode));
}

int cmd_collect(const struct invocation *v)
{
	struct collecting c = {.error = v->error,
			       .window = invocation_number(v, OPTION_collect_window, WINDOW),
			       .outlet = {.fd = -1}};
	const char *from = invocation_value(v, OPTION_collect_from), *path = invocation_value(v, OPTION_collect_output);
	struct source *source = NULL;
	int signals, r = 0;

	if (invocation_given(v, OPTION_collect_json) && !path)
		return usage_error(v,
				   "--json needs -o FILE: standard output cannot have both the lines and the summary");
	if (path && !strcmp(from, path))
		return usage_error(v, "cannot read %s and append to it at the same time", path);
	signals = stream_signals(v->error);
	if (signals < 0)
		return signals;
	if (strstr(from, "://"))
		r = source_open(from, is_file(path) ? path : NULL, say, &source, v->error);
	if (!r)
		r = collect(v, source, signals, &c);
	if (source)
		source_close(source);
	collector_destroy(c.collector);
	tsem_buffer_deinit(&c.lines);
	close(signals);
	return r;
}
