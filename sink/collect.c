/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect_index.h"

struct host {
	char name[SINK_HOST_MAX];
	tsem_u32 streams;
};

struct collector {
	struct collect_stream **streams;
	size_t count, capacity;
	struct host *hosts;
	size_t host_count, host_capacity;
	struct index by_name, by_host;
	struct keyed key;
	struct seen *seen;
	struct collect_stream *recent;
	struct collect_stream **queue; /* with gaps to report; has room for all streams */
	size_t queued;
	size_t ranges; /* of all streams */
	tsem_u64 window;
	const struct sink_topic *layout;
	struct collect_listener listener;
};

struct collector *collector_create(tsem_u64 window, const struct sink_topic *layout,
				   const struct collect_listener *listener)
{
	struct collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return NULL;
	collector->window = window;
	collector->layout = layout;
	collector->listener = *listener;
	if (keyed_make(&collector->key))
		collector->seen = seen_create(COLLECT_SEEN_MAX, &collector->key);
	if (collector->seen)
		return collector;
	collector_destroy(collector);
	return NULL;
}

void collector_destroy(struct collector *collector)
{
	if (!collector)
		return;
	for (size_t i = 0; i < collector->count; i++) {
		free(collector->streams[i]->ranges);
		free(collector->streams[i]);
	}
	index_deinit(&collector->by_name);
	index_deinit(&collector->by_host);
	seen_destroy(collector->seen);
	free(collector->streams);
	free(collector->queue);
	free(collector->hosts);
	free(collector);
}

/* ---- whose it is ---- */

struct looking {
	const struct collector *collector;
	const struct sink_line *line;
};

static bool stream_matches(const struct collect_stream *stream, const struct sink_line *line)
{
	return stream->context == line->context && !strcmp(stream->identity.name, line->identity.name) &&
	       !strcmp(stream->identity.host, line->identity.host) &&
	       !strcmp(stream->identity.boot, line->identity.boot);
}

static bool same_stream(const void *context, tsem_u32 number)
{
	const struct looking *looking = context;

	return stream_matches(looking->collector->streams[number], looking->line);
}

static bool same_host(const void *context, tsem_u32 number)
{
	const struct looking *looking = context;

	return !strcmp(looking->collector->hosts[number].name, looking->line->identity.host);
}

static tsem_u64 hash_of(const struct collector *collector, const struct sink_line *line)
{
	const struct sink_identity *identity = &line->identity;
	tsem_u64 hash = keyed_hash(&collector->key, line->context, identity->name, strlen(identity->name));

	hash = keyed_hash(&collector->key, hash, identity->host, strlen(identity->host));
	return keyed_hash(&collector->key, hash, identity->boot, strlen(identity->boot));
}

/* Room for one more entry of *array. */
static bool reserve(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? 2 * *capacity : 16;
	void **place = array, *grown;

	if (count < *capacity)
		return true;
	grown = realloc(*place, wanted * size);
	if (!grown)
		return false;
	*place = grown;
	*capacity = wanted;
	return true;
}

static struct host *host_of(struct collector *collector, const struct sink_line *line)
{
	const struct looking looking = {collector, line};
	const char *name = line->identity.host;
	tsem_u64 hash = keyed_hash(&collector->key, 0, name, strlen(name));
	tsem_u32 number = index_find(&collector->by_host, hash, same_host, &looking);

	if (number != INDEX_NONE)
		return &collector->hosts[number];
	number = collector->host_count;
	if (!reserve(&collector->hosts, number, &collector->host_capacity, sizeof(*collector->hosts)) ||
	    !index_add(&collector->by_host, hash, number))
		return NULL;
	collector->host_count++;
	collector->hosts[number] = (struct host){0};
	strcpy(collector->hosts[number].name, name);
	return &collector->hosts[number];
}

static struct collect_stream *add_stream(struct collector *collector, const struct sink_line *line, tsem_u64 hash)
{
	struct collect_stream *stream = calloc(1, sizeof(*stream));
	size_t capacity = collector->capacity;

	if (!stream ||
	    !reserve(&collector->streams, collector->count, &collector->capacity, sizeof(*collector->streams)))
		goto fail;
	if (capacity != collector->capacity) {
		struct collect_stream **queue = realloc(collector->queue, collector->capacity * sizeof(*queue));

		if (!queue)
			goto fail;
		collector->queue = queue;
	}
	if (!index_add(&collector->by_name, hash, collector->count))
		goto fail;
	stream->identity = line->identity;
	stream->context = line->context;
	stream->id = collector->count;
	return collector->streams[collector->count++] = stream;
fail:
	free(stream);
	return NULL;
}

/* COLLECT_NEW: it is there. */
static enum collect_verdict find_stream(struct collector *collector, const struct sink_line *line)
{
	const struct looking looking = {collector, line};
	struct host *host;
	tsem_u64 hash;
	tsem_u32 number;

	if (collector->recent && stream_matches(collector->recent, line))
		return COLLECT_NEW;
	hash = hash_of(collector, line);
	number = index_find(&collector->by_name, hash, same_stream, &looking);
	if (number != INDEX_NONE) {
		collector->recent = collector->streams[number];
		return COLLECT_NEW;
	}
	if (collector->count >= COLLECT_STREAMS_MAX)
		return COLLECT_UNFOLLOWED;
	host = host_of(collector, line);
	if (host && host->streams >= COLLECT_STREAMS_OF_HOST)
		return COLLECT_UNFOLLOWED;
	collector->recent = host ? add_stream(collector, line, hash) : NULL;
	if (!collector->recent)
		return COLLECT_BAD;
	host->streams++;
	return COLLECT_NEW;
}

/* ---- its numbers ---- */

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

static tsem_u64 top_of(const struct collect_stream *stream)
{
	return stream->count ? stream->ranges[stream->count - 1].to : 0;
}

/* The gap before the range of that index; that of index count is the one up to the last number. */
static bool gap_before(const struct collect_stream *stream, size_t index, struct collect_range *ret_gap)
{
	tsem_u64 from = index ? stream->ranges[index - 1].to + 1 : 1;
	tsem_u64 next = index < stream->count ? stream->ranges[index].from : stream->last + 1;

	if (next <= from)
		return false;
	*ret_gap = (struct collect_range){from, next - 1};
	return true;
}

static void tell_gap(struct collector *collector, struct collect_stream *stream, const struct collect_range *gap)
{
	if (gap->to <= stream->named)
		return;
	collector->listener.gap(collector->listener.context, stream,
				gap->from > stream->named ? gap->from : stream->named + 1, gap->to);
	stream->named = gap->to;
}

/*
 * Closes the oldest eighth of the gaps: the memory of one namespace is bounded, and so is the time of each insertion.
 */
static void forget_gaps(struct collector *collector, struct collect_stream *stream)
{
	size_t count = stream->count / 8 + 1;
	struct collect_range gap;

	if (count >= stream->count)
		return;
	for (size_t i = 0; i <= count; i++)
		if (gap_before(stream, i, &gap)) {
			tell_gap(collector, stream, &gap);
			stream->forgotten += gap.to - gap.from + 1;
		}
	stream->ranges[count].from = 1;
	memmove(stream->ranges, stream->ranges + count, (stream->count - count) * sizeof(*stream->ranges));
	stream->count -= count;
	collector->ranges -= count;
}

static bool insert_range(struct collector *collector, struct collect_stream *stream, size_t index, tsem_u64 number)
{
	if (stream->count == stream->capacity) {
		size_t capacity = stream->capacity ? 2 * stream->capacity : 2;
		struct collect_range *ranges = realloc(stream->ranges, capacity * sizeof(*ranges));

		if (!ranges)
			return false;
		stream->ranges = ranges;
		stream->capacity = capacity;
	}
	memmove(stream->ranges + index + 1, stream->ranges + index, (stream->count - index) * sizeof(*stream->ranges));
	stream->ranges[index] = (struct collect_range){number, number};
	stream->count++;
	collector->ranges++;
	return true;
}

static void remove_range(struct collector *collector, struct collect_stream *stream, size_t index)
{
	memmove(stream->ranges + index, stream->ranges + index + 1,
		(stream->count - index - 1) * sizeof(*stream->ranges));
	stream->count--;
	collector->ranges--;
}

/* index: of find_range(), after which number is missing. False when there is no memory. */
static bool add_number(struct collector *collector, struct collect_stream *stream, size_t index, tsem_u64 number)
{
	struct collect_range *before = index ? &stream->ranges[index - 1] : NULL;
	struct collect_range *after = index < stream->count ? &stream->ranges[index] : NULL;
	bool joins = before && before->to + 1 == number;

	if (after && after->from == number + 1) {
		after->from = joins ? before->from : number;
		if (joins)
			remove_range(collector, stream, index - 1);
	} else if (joins) {
		before->to = number;
	} else {
		return insert_range(collector, stream, index, number);
	}
	return true;
}

/* The end of the first gap that was not reported. */
static void find_due(struct collect_stream *stream)
{
	struct collect_range gap;

	stream->due = 0;
	for (size_t i = stream->named ? find_range(stream, stream->named) : 0; i < stream->count && !stream->due; i++)
		if (gap_before(stream, i, &gap) && gap.to > stream->named)
			stream->due = gap.to;
}

static void queue_stream(struct collector *collector, struct collect_stream *stream)
{
	if (stream->queued || !stream->due || top_of(stream) - stream->due < collector->window)
		return;
	stream->queued = true;
	collector->queue[collector->queued++] = stream;
}

static enum collect_verdict came_before(struct collector *collector, struct collect_stream *stream, tsem_u64 number,
					tsem_u64 digest)
{
	int known = seen_compare(collector->seen, stream->id, number, digest);

	if (known > 0) {
		stream->duplicates++;
		return COLLECT_DUPLICATE;
	}
	if (!known) {
		stream->uncompared++;
		return COLLECT_UNCOMPARED;
	}
	stream->conflicts++;
	seen_add(collector->seen, stream->id, number, digest);
	collector->listener.conflict(collector->listener.context, stream, number, false);
	return COLLECT_CONFLICT;
}

static enum collect_verdict take_event(struct collector *collector, struct collect_stream *stream, tsem_u64 number,
				       tsem_u64 digest)
{
	size_t index = find_range(stream, number);
	bool opens;

	if (index < stream->count && stream->ranges[index].from <= number)
		return came_before(collector, stream, number, digest);
	if (stream->count >= COLLECT_RANGES_MAX || collector->ranges >= COLLECT_RANGES_ALL) {
		forget_gaps(collector, stream);
		index = find_range(stream, number);
		if (index < stream->count && stream->ranges[index].from <= number) /* in a gap that is forgotten now */
			return came_before(collector, stream, number, digest);
	}
	opens = !stream->due && (!stream->count || number > top_of(stream) + 1);
	if (!add_number(collector, stream, index, number))
		return COLLECT_BAD;
	stream->events++;
	stream->late += number <= stream->named;
	seen_add(collector->seen, stream->id, number, digest);
	if (opens)
		find_due(stream);
	queue_stream(collector, stream);
	if (!stream->last || number <= stream->last)
		return COLLECT_NEW;
	stream->conflicts++;
	collector->listener.conflict(collector->listener.context, stream, number, true);
	return COLLECT_CONFLICT;
}

static enum collect_verdict take_end(struct collector *collector, struct collect_stream *stream, tsem_u64 number)
{
	bool first = !stream->last;

	if (stream->last == number)
		return COLLECT_OTHER;
	if (stream->last < number)
		stream->last = number;
	if (first && number >= top_of(stream))
		return COLLECT_OTHER;
	stream->conflicts++;
	collector->listener.conflict(collector->listener.context, stream, number, true);
	return COLLECT_CONFLICT;
}

static enum collect_verdict refuse(const char *why, struct tsem_error *error)
{
	tsem_error_set(error, EBADMSG, "%s: it was not written by tsem export --to", why);
	return COLLECT_BAD;
}

static enum collect_verdict take_line(struct collector *collector, const struct sink_line *line, const char *text,
				      size_t size)
{
	enum collect_verdict verdict = find_stream(collector, line);
	tsem_u64 digest;

	if (verdict != COLLECT_NEW)
		return verdict;
	if (line->kind == LINE_END)
		return take_end(collector, collector->recent, line->number);
	if (!seen_digest(collector->seen, text, size, &digest))
		return COLLECT_BAD;
	return take_event(collector, collector->recent, line->number, digest);
}

enum collect_verdict collector_take(struct collector *collector, const char *topic, const char *text, size_t size,
				    struct tsem_error *error)
{
	enum collect_verdict verdict;
	struct sink_line line;

	if (memchr(text, '\n', size))
		return refuse("a message of several lines", error);
	if (sink_line_parse(text, size, &line, error))
		return COLLECT_BAD;
	if (topic && !line.identified)
		return refuse("a line without host, boot or namespace",
			      error); /* without a host: it could be mistaken for a line of some host */
	if (topic && collector->layout &&
	    !sink_topic_holds(collector->layout, topic, line.identity.host, line.identity.name)) {
		tsem_error_set(error, EPERM,
			       "a line of host \"%s\", namespace \"%s\" came by the topic %.200s, which is not theirs",
			       line.identity.host, line.identity.name, topic);
		return COLLECT_MISPLACED;
	}
	if (line.kind != LINE_EVENT && line.kind != LINE_END)
		return COLLECT_OTHER;
	if (!line.identified)
		return refuse("a line without host, boot or namespace", error);
	if (!line.number && line.kind == LINE_END)
		return COLLECT_OTHER; /* the end of a namespace without events */
	if (!line.number || line.number > COLLECT_NUMBER_MAX)
		return refuse("a line with a number that no event can have", error);
	verdict = take_line(collector, &line, text, size);
	if (verdict == COLLECT_BAD)
		tsem_error_set(error, ENOMEM, "out of memory");
	return verdict;
}

/* ---- gaps ---- */

tsem_u64 collect_missing(const struct collect_stream *stream,
			 void (*fn)(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to),
			 void *context)
{
	struct collect_range gap;
	tsem_u64 missing = stream->forgotten;

	for (size_t i = 0; i <= stream->count; i++)
		if (gap_before(stream, i, &gap)) {
			missing += gap.to - gap.from + 1;
			if (fn)
				fn(context, stream, gap.from, gap.to);
		}
	return missing;
}

static void tell(struct collector *collector, struct collect_stream *stream, bool end)
{
	tsem_u64 top = top_of(stream), window = collector->window;
	struct collect_range gap;
	size_t i = stream->named ? find_range(stream, stream->named) : 0;

	for (; i <= stream->count; i++) {
		if (!gap_before(stream, i, &gap) || gap.to <= stream->named)
			continue;
		if (!end && (top < window || gap.to > top - window))
			break;
		tell_gap(collector, stream, &gap);
	}
	find_due(stream);
}

void collector_gaps(struct collector *collector, bool end)
{
	for (size_t i = 0; i < collector->queued; i++) {
		collector->queue[i]->queued = false;
		tell(collector, collector->queue[i], false);
	}
	collector->queued = 0;
	for (size_t i = 0; i < collector->count && end; i++)
		tell(collector, collector->streams[i], true);
}

const struct collect_stream *collector_stream(const struct collector *collector, size_t index)
{
	return index < collector->count ? collector->streams[index] : NULL;
}
