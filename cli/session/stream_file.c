/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lines.h"
#include "stream_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../sink/line.h"

static bool same_identity(const struct sink_identity *a, const struct sink_identity *b)
{
	return !strcmp(a->host, b->host) && !strcmp(a->boot, b->boot) && !strcmp(a->name, b->name);
}

static void change_identity(struct stream *stream, const struct sink_identity *identity)
{
	struct sink_identity other = *identity;
	bool identified = stream->format.identified;
	enum format_kind kind = stream->format.kind;

	if (!other.epoch && !strcmp(other.boot, stream->format.identity.boot))
		other.epoch = stream->format.identity.epoch;
	sink_format_deinit(&stream->format);
	sink_format_init(&stream->format, kind, identified, &other);
	stream->format.knowledge = stream->options.knowledge;
}

static int replay_event(struct stream *stream, const char *text, size_t size, struct tsem_error *error)
{
	struct tsem_record *record;
	int r = tsem_record_from_json(text, size, &record, error);

	if (r)
		return r;
	r = stream_record(stream, record);
	free(record);
	return r;
}

static int take_epoch(struct stream *stream, tsem_u64 epoch, bool other)
{
	if (!other && epoch == stream->format.identity.epoch)
		return 0;
	stream->format.identity.epoch = epoch;
	return stream_owe_identity(stream);
}

static int replay_line(struct stream *stream, const char *text, size_t size, struct tsem_error *error)
{
	struct sink_line line;
	bool other;
	int r = sink_line_parse(text, size, &line, error);

	if (r)
		return r;
	other = line.identified && !same_identity(&line.identity, &stream->format.identity);
	if (other)
		change_identity(stream, &line.identity);
	if (line.kind == LINE_STREAM && line.identity.epoch)
		return take_epoch(stream, line.identity.epoch, other);
	if (line.kind == LINE_EVENT)
		return replay_event(stream, text, size, error);
	if (line.kind == LINE_END)
		return stream_end_of(stream, line.context, line.number);
	return 0;
}

static bool wants_end(void *context)
{
	return stream_take_signals(context, NULL);
}

static int replay_lines(struct lines *lines, struct stream *stream, struct tsem_error *error)
{
	const char *text;
	size_t size;
	int r;

	lines->signals = stream->options.signals;
	lines->ends = wants_end;
	lines->context = stream;
	while ((r = lines_next(lines, &text, &size, error)) > 0) {
		while (size && text[size - 1] == '\r')
			size--;
		if (!size)
			continue;
		r = replay_line(stream, text, size, error);
		if (r == -EBADMSG || r == -EINVAL)
			tsem_error_wrap(error, "%s, line %llu", lines->path, lines->number);
		if (r)
			return r;
	}
	if (r == -EMSGSIZE)
		return tsem_error_set(error, EMSGSIZE, "%s, line %llu: it is longer than any line of an event",
				      lines->path, lines->number);
	return r;
}

static int replay_to(struct lines *lines, const struct stream_options *options, struct tsem_error *error)
{
	struct stream stream;
	int r = stream_open_with(&stream, options, error);

	if (r)
		return r;
	stream.many = true; /* a part of one or several exports: missing numbers were not lost here */
	return stream_close(&stream, replay_lines(lines, &stream, error));
}

int stream_file(const char *path, const struct stream_options *options, struct tsem_error *error)
{
	const char *file = options->url && !strncmp(options->url, "file:", 5) ? options->url + 5 : options->path;
	struct lines lines;
	int r = lines_open(path, &lines, error);

	if (r)
		return r;
	r = lines_lead_to(&lines, file, STDOUT_FILENO) ?
		    tsem_error_set(error, EINVAL, "tsem would read its own output from %s, without end", lines.path) :
		    replay_to(&lines, options, error);
	lines_close(&lines);
	return r;
}
