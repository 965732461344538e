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
#include "../session/stream.h"

#define WINDOW 4096
#define FLUSH_SIZE (256u << 10)

struct collecting {
	struct collector *collector;
	struct tsem_error *error;
	const char *path; /* for messages */
	int fd;
	struct tsem_buffer lines;
	tsem_u64 window, bad, came;
};

static int flush(struct collecting *c)
{
	size_t written = 0;

	while (written < c->lines.size) {
		ssize_t n = write(c->fd, c->lines.data + written, c->lines.size - written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return tsem_error_set(c->error, n ? errno : ENOSPC, "cannot write events to %s: %s", c->path,
					      strerror(n ? errno : ENOSPC));
		written += n;
	}
	c->lines.size = 0;
	return c->lines.failed ? tsem_error_set(c->error, ENOMEM, "out of memory") : 0;
}

static void put_gap(FILE *file, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	struct tsem_buffer whose = {};

	tsem_buffer_printf(&whose, "%s boot %.8s %s (namespace %llu)", stream->identity.host, stream->identity.boot,
			   stream->identity.name, stream->context);
	fputs("tsem: ", file);
	print_styled(file, STYLE_STRONG, whose.data ? whose.data : "");
	if (from == to)
		fprintf(file, ": event %llu is missing\n", from);
	else
		fprintf(file, ": events %llu to %llu are missing, %llu in all\n", from, to, to - from + 1);
	tsem_buffer_deinit(&whose);
}

static void tell_gap(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	(void)context;
	put_gap(stderr, stream, from, to);
}

/* Others may write to a broker's topics too: what is not ours is counted and left out. */
static int take(void *context, const char *text, size_t size)
{
	struct collecting *c = context;
	struct tsem_error bad = {};

	c->came++;
	switch (collector_take(c->collector, text, size, &bad)) {
	case COLLECT_BAD:
		if (bad.code == ENOMEM) {
			*c->error = bad;
			return -ENOMEM;
		}
		if (!c->bad++)
			fprintf(stderr, "tsem: %s\n", bad.text);
		return 0;
	case COLLECT_DUPLICATE:
		return 0;
	default:
		break;
	}
	if (memchr(text, '\n', size))
		return 0; /* no line of ours, though it may be JSON */
	tsem_buffer_add(&c->lines, text, size);
	tsem_buffer_add(&c->lines, "\n", 1);
	return c->lines.size < FLUSH_SIZE ? 0 : flush(c);
}

/* ---- where lines come from ---- */

/* What the file of an earlier collecting holds: known, and not written again. */
static int take_known(void *context, const char *text, size_t size)
{
	struct collecting *c = context;
	struct tsem_error ignored;

	collector_take(c->collector, text, size, &ignored);
	return 0;
}

static int each_line(const char *path, int (*fn)(void *, const char *, size_t), struct collecting *c)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t size;
	int r = 0;

	if (!file)
		return tsem_error_set(c->error, errno, "cannot read %s: %s", path, strerror(errno));
	while (!r && (size = getline(&text, &room, file)) > 0) {
		size -= text[size - 1] == '\n';
		r = size ? fn(c, text, size) : 0;
	}
	if (!r && ferror(file))
		r = tsem_error_set(c->error, errno, "cannot read %s: %s", path, strerror(errno));
	free(text);
	fclose(file);
	return r;
}

static void say(const char *text)
{
	fprintf(stderr, "tsem: %s\n", text);
}

static int from_broker(const struct invocation *v, const char *url, int signals, struct collecting *c)
{
	time_t idle = invocation_number(v, OPTION_collect_idle, 0), since = time(NULL);
	struct source *source = NULL;
	tsem_u64 before = 0;
	int r = source_open(url, say, &source, v->error);

	while (!r) {
		struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, source_poll(source)};

		if (poll(fds, 2, fds[1].fd < 0 ? 200 : 500) > 0 && fds[0].revents)
			break;
		r = source_work(source, take, c, v->error);
		if (!r)
			r = flush(c);
		if (c->came != before)
			since = time(NULL);
		before = c->came;
		if (!r && idle && time(NULL) - since >= idle)
			break;
		collector_gaps(c->collector, c->window, false, tell_gap, NULL);
	}
	if (source)
		source_close(source);
	return r;
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
	writer_number(writer, "late", stream->late);
	writer_number(writer, "missing", collect_missing(stream, NULL, NULL));
	writer_bool(writer, "ended", stream->last);
	writer_open(writer, "gaps", '[');
	collect_missing(stream, write_gap, writer);
	writer_close(writer, ']');
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
	writer_close(&writer, '}');
}

static int finish(const struct invocation *v, struct collecting *c)
{
	tsem_u64 events = 0, duplicates = 0, missing = 0;
	const struct collect_stream *stream;
	size_t i;

	collector_gaps(c->collector, 0, true, tell_gap, NULL);
	for (i = 0; (stream = collector_stream(c->collector, i)); i++) {
		events += stream->events;
		duplicates += stream->duplicates;
		missing += collect_missing(stream, NULL, NULL);
	}
	fprintf(stderr, "tsem: %llu events of %zu namespaces, %llu duplicates removed, %llu missing\n", events, i, duplicates, missing);
	if (c->bad)
		fprintf(stderr, "tsem: %llu lines were none of tsem's\n", c->bad);
	if (invocation_given(v, OPTION_collect_json))
		write_summary(c);
	return missing ? STATUS_VIOLATIONS : 0;
}

static int collect(const struct invocation *v, int signals, struct collecting *c)
{
	const char *from = invocation_value(v, OPTION_collect_from), *path = invocation_value(v, OPTION_collect_output);
	bool broker = strstr(from, "://");
	struct stat st;
	int r = 0;

	if (path && !strcmp(from, path))
		return usage_error(v, "%s cannot be both, read and appended to", path);
	if (path && broker && !stat(path, &st) && S_ISREG(st.st_mode))
		r = each_line(path, take_known, c);
	if (r)
		return r;
	c->path = path ? path : "standard output";
	c->fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : STDOUT_FILENO;
	if (c->fd < 0)
		return tsem_error_set(v->error, errno, "cannot write %s: %s", path, strerror(errno));
	r = broker ? from_broker(v, from, signals, c) : each_line(from, take, c);
	if (!r)
		r = flush(c);
	if (path && close(c->fd) && !r)
		r = tsem_error_set(v->error, errno, "cannot write events to %s: %s", path, strerror(errno));
	return r ? r : finish(v, c);
}

int cmd_collect(const struct invocation *v)
{
	struct collecting c = {.error = v->error, .window = invocation_number(v, OPTION_collect_window, WINDOW)};
	int signals, r;

	if (invocation_given(v, OPTION_collect_json) && !invocation_given(v, OPTION_collect_output))
		return usage_error(v, "--json wants -o FILE: standard output cannot be both, lines and summary");
	signals = stream_signals(v->error);
	if (signals < 0)
		return signals;
	c.collector = collector_create();
	r = c.collector ? collect(v, signals, &c) : tsem_error_set(v->error, ENOMEM, "out of memory");
	collector_destroy(c.collector);
	tsem_buffer_deinit(&c.lines);
	close(signals);
	return r;
}
