/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct collector {
	struct collect_stream **streams;
	size_t count, capacity;
	size_t recent; /* index of the stream of the last line */
};

struct collector *collector_create(void)
{
	return calloc(1, sizeof(struct collector));
}

void collector_destroy(struct collector *collector)
{
	if (!collector)
		return;
	for (size_t i = 0; i < collector->count; i++) {
		free(collector->streams[i]->ranges);
		free(collector->streams[i]);
	}
	free(collector->streams);
	free(collector);
}

static bool stream_matches(const struct collect_stream *stream, const struct sink_line *line)
{
	return stream->context == line->context && !strcmp(stream->identity.host, line->identity.host) &&
	       !strcmp(stream->identity.boot, line->identity.boot) && !strcmp(stream->identity.name, line->identity.name);
}

static struct collect_stream *add_stream(struct collector *collector, const struct sink_line *line)
{
	struct collect_stream *stream;

	if (collector->count == collector->capacity) {
		size_t capacity = collector->capacity ? 2 * collector->capacity : 16;
		struct collect_stream **streams = realloc(collector->streams, capacity * sizeof(*streams));

		if (!streams)
			return NULL;
		collector->streams = streams;
		collector->capacity = capacity;
	}
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->identity = line->identity;
	stream->context = line->context;
	collector->recent = collector->count;
	return collector->streams[collector->count++] = stream;
}

static struct collect_stream *find_stream(struct collector *collector, const struct sink_line *line)
{
	if (collector->count && stream_matches(collector->streams[collector->recent], line))
		return collector->streams[collector->recent];
	for (size_t i = 0; i < collector->count; i++)
		if (stream_matches(collector->streams[i], line)) {
			collector->recent = i;
			return collector->streams[i];
		}
	return add_stream(collector, line);
}

/* Index of the first range that ends at number or above; most numbers are above all of them. */
static size_t find_range(const struct collect_stream *stream, tsem_u64 number)
{
	size_t low = 0, high = stream->count;

	if (!high || stream->ranges[high - 1].to < number)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (stream->ranges[middle].to < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool insert_range(struct collect_stream *stream, size_t index, tsem_u64 number)
{
	if (stream->count == stream->capacity) {
		size_t capacity = stream->capacity ? 2 * stream->capacity : 4;
		struct collect_range *ranges = realloc(stream->ranges, capacity * sizeof(*ranges));

		if (!ranges)
			return false;
		stream->ranges = ranges;
		stream->capacity = capacity;
	}
	memmove(stream->ranges + index + 1, stream->ranges + index, (stream->count - index) * sizeof(*stream->ranges));
	stream->ranges[index] = (struct collect_range){number, number};
	stream->count++;
	return true;
}

static enum collect_verdict add_number(struct collect_stream *stream, tsem_u64 number)
{
	size_t index = find_range(stream, number);
	struct collect_range *before = index ? &stream->ranges[index - 1] : NULL;
	struct collect_range *after = index < stream->count ? &stream->ranges[index] : NULL;
	bool joins = before && before->to + 1 == number;

	if (after && after->from <= number) {
		stream->duplicates++;
		return COLLECT_DUPLICATE;
	}
	stream->events++;
	stream->late += number <= stream->named;
	if (after && number != (tsem_u64)-1 && after->from == number + 1) {
		after->from = joins ? before->from : number;
		if (joins) {
			memmove(before, after, (stream->count - index) * sizeof(*before));
			stream->count--;
		}
	} else if (joins) {
		before->to = number;
	} else if (!insert_range(stream, index, number)) {
		return COLLECT_BAD;
	}
	return COLLECT_NEW;
}

enum collect_verdict collector_take(struct collector *collector, const char *text, size_t size, struct tsem_error *error)
{
	enum collect_verdict verdict = COLLECT_OTHER;
	struct collect_stream *stream;
	struct sink_line line;

	if (sink_line_parse(text, size, &line, error))
		return COLLECT_BAD;
	if (line.kind != LINE_EVENT && line.kind != LINE_END)
		return COLLECT_OTHER;
	if (!line.identified || !line.number) {
		/* An end of nothing: a namespace that has had no event. */
		if (line.identified && line.kind == LINE_END)
			return COLLECT_OTHER;
		tsem_error_set(error, EBADMSG, "a line without %s: it was not written by tsem export --to",
			       line.number ? "host, boot or namespace" : "a number");
		return COLLECT_BAD;
	}
	stream = find_stream(collector, &line);
	if (stream && line.kind == LINE_END)
		stream->last = line.number > stream->last ? line.number : stream->last;
	else if (stream)
		verdict = add_number(stream, line.number);
	if (!stream || verdict == COLLECT_BAD) {
		tsem_error_set(error, ENOMEM, "out of memory");
		return COLLECT_BAD;
	}
	return verdict;
}

/* ---- gaps ---- */

/* The gap before the range of that index; that of index count is the one up to the last number. */
static bool gap_before(const struct collect_stream *stream, size_t index, struct collect_range *ret_gap)
{
	tsem_u64 from = index ? stream->ranges[index - 1].to + 1 : 1;
	tsem_u64 next = index < stream->count ? stream->ranges[index].from : stream->last + 1;

	if (next <= from || !from)
		return false;
	*ret_gap = (struct collect_range){from, next - 1};
	return true;
}

tsem_u64 collect_missing(const struct collect_stream *stream, collect_gap_fn fn, void *context)
{
	struct collect_range gap;
	tsem_u64 missing = 0;

	for (size_t i = 0; i <= stream->count; i++)
		if (gap_before(stream, i, &gap)) {
			missing += gap.to - gap.from + 1;
			if (fn)
				fn(context, stream, gap.from, gap.to);
		}
	return missing;
}

static void tell(struct collect_stream *stream, tsem_u64 window, bool end, collect_gap_fn fn, void *context)
{
	tsem_u64 top = stream->count ? stream->ranges[stream->count - 1].to : 0;
	struct collect_range gap;
	size_t i = stream->named ? find_range(stream, stream->named) : 0;

	for (; i <= stream->count; i++) {
		if (!gap_before(stream, i, &gap) || gap.to <= stream->named)
			continue;
		if (!end && (top < window || gap.to > top - window))
			break;
		fn(context, stream, gap.from > stream->named ? gap.from : stream->named + 1, gap.to);
		stream->named = gap.to;
	}
}

void collector_gaps(struct collector *collector, tsem_u64 window, bool end, collect_gap_fn fn, void *context)
{
	for (size_t i = 0; i < collector->count; i++)
		tell(collector->streams[i], window, end, fn, context);
}

const struct collect_stream *collector_stream(const struct collector *collector, size_t index)
{
	return index < collector->count ? collector->streams[index] : NULL;
}
