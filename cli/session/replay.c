/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int replay_line(struct stream *stream, const char *text, size_t size, struct tsem_error *error)
{
	struct sink_line line;
	int r = sink_line_parse(text, size, &line, error);

	if (r)
		return r;
	if (line.identified && !same_identity(&line.identity, &stream->format.identity)) {
		change_identity(stream, &line.identity);
	} else if (line.kind == LINE_STREAM && line.identity.epoch) {
		stream->format.identity.epoch = line.identity.epoch;
	}
	if (line.kind == LINE_EVENT)
		return replay_event(stream, text, size, error);
	if (line.kind == LINE_END)
		return stream_end_of(stream, line.context, line.number);
	return 0;
}

static int replay_lines(FILE *file, const char *path, struct stream *stream, struct tsem_error *error)
{
	char *text = NULL;
	size_t room = 0, number = 0;
	ssize_t size;
	int r = 0;

	while (!r && (size = getline(&text, &room, file)) > 0) {
		number++;
		while (size && (text[size - 1] == '\n' || text[size - 1] == '\r'))
			size--;
		if (size) {
			r = replay_line(stream, text, size, error);
			if (r == -EBADMSG || r == -EINVAL)
				r = tsem_error_wrap(error, "%s, line %zu", path, number);
		}
		if (!r && stream_take_signals(stream, NULL))
			break;
	}
	if (!r && ferror(file))
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	free(text);
	return r;
}

int replay(const char *path, const struct stream_options *options, struct tsem_error *error)
{
	bool input = !strcmp(path, "-");
	FILE *file = input ? stdin : fopen(path, "re");
	struct stream stream;
	int r;

	if (!file)
		return tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	r = stream_open_with(&stream, options, error);
	stream.many = true; /* a part of an export, or of several: what is not in it was not lost here */
	if (!r)
		r = stream_close(&stream, replay_lines(file, input ? "standard input" : path, &stream, error));
	if (!input)
		fclose(file);
	return r;
}
