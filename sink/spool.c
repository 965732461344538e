/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool_file.h"

#define MEMORY_SEGMENT (1u << 20)
#define SEGMENT_MIN (512u << 10) /* holds any entry */

struct cursor {
	struct segment *segment;
	size_t at;
};

struct spool {
	struct spool_directory *directory; /* NULL: in memory */
	tsem_u64 limit, size; /* size: of all segments */
	size_t segment_size;
	struct segment *first, *last;
	struct segment *spare; /* in memory: the one that was read out last */
	struct cursor sent, head; /* head: the first that is not acknowledged */
	struct position position;
	tsem_u64 sequence; /* of the newest segment */
	bool changed; /* the position */
};

size_t spool_walk(const char *bytes, size_t size, size_t from, tsem_u64 *events, tsem_u64 *damaged,
		  struct sink_message *ret_last)
{
	size_t at = SEGMENT_HEAD, room;

	while (at < size) {
		struct sink_message message;
		int r = sink_entry_unpack(bytes + at, size - at, true, &message, &room);

		if (r == -ENODATA)
			break;
		if (r)
			++*damaged;
		if (!room)
			break;
		if (!r && message.kind == SINK_EVENT) {
			*events += at >= from;
			*ret_last = message;
		}
		at += room;
	}
	return at;
}

static void remember(struct position *position, const struct sink_message *message)
{
	memset(position->boot, 0, sizeof(position->boot));
	memcpy(position->boot, message->boot, strnlen(message->boot, SINK_BOOT_MAX - 1));
	position->context = message->context;
	position->number = message->number;
}

static void link_segment(struct spool *spool, struct segment *segment)
{
	segment->next = NULL;
	if (spool->last)
		spool->last->next = segment;
	else
		spool->first = spool->sent.segment = spool->head.segment = segment;
	spool->last = segment;
	spool->size += segment->size;
}

static void release_first(struct spool *spool)
{
	struct segment *segment = spool->first;

	spool->first = segment->next;
	spool->size -= segment->size;
	if (!spool->first)
		spool->last = NULL;
	if (spool->directory)
		segment_remove(segment, spool->directory);
	else if (!spool->spare)
		spool->spare = segment;
	else
		segment_free(segment);
}

/* ---- segments of an earlier tsem ---- */

/* Takes the segment over, or removes it when all of it was acknowledged. */
static void adopt(struct spool *spool, struct segment *segment, struct position *last, struct spool_found *found)
{
	bool old = segment->sequence < spool->position.sequence;
	size_t from = segment->sequence == spool->position.sequence ? spool->position.offset : SEGMENT_HEAD;
	tsem_u64 events = 0, before = found->damaged;
	struct sink_message message = {};

	if (!old)
		segment->used = spool_walk(segment->map, segment->size, from, &events, &found->damaged, &message);
	if (old || from >= segment->used) {
		segment_remove(segment, spool->directory);
		return;
	}
	if (message.number)
		remember(last, &message);
	/* Appends nothing to an earlier segment, which may be damaged, and so frees the room after its entries. */
	if (found->damaged == before)
		segment_shrink(segment);
	found->events += events;
	link_segment(spool, segment);
	if (segment == spool->first)
		spool->head.at = spool->sent.at = from;
}

static void place_position(struct spool *spool)
{
	const struct segment *segment = spool->head.segment;

	spool->position.sequence = segment ? segment->sequence : spool->sequence + 1;
	spool->position.offset = segment ? spool->head.at : SEGMENT_HEAD;
}

/* Before segments are removed: a position must never be that of one that is gone. */
static int save_position(struct spool *spool, struct tsem_error *error)
{
	int r;

	place_position(spool);
	r = spool_position_write(spool->directory, &spool->position, error);
	spool->changed = r;
	return r;
}

static void release_all(struct spool *spool)
{
	while (spool->first && spool->first != spool->head.segment)
		release_first(spool);
}

static int adopt_all(struct spool *spool, struct spool_found *found, struct tsem_error *error)
{
	struct position last;
	tsem_u64 *sequences = NULL, expected;
	size_t count = 0;
	int r = spool_list(spool->directory, &sequences, &count, error);

	if (r)
		return r;
	r = spool_position_read(spool->directory, &spool->position, error);
	last = spool->position;
	spool->sequence = spool->position.sequence ? spool->position.sequence - 1 : 0;
	expected = spool->position.sequence ? spool->position.sequence : count ? sequences[0] : 0;
	for (size_t i = 0; i < count && !r; i++) {
		struct segment *segment;

		r = segment_load(spool->directory, sequences[i], &segment, error);
		if (r == -EBADMSG) {
			found->damaged++;
			segment_set_aside(spool->directory, sequences[i]);
			r = 0;
			continue;
		}
		if (r)
			break;
		if (sequences[i] > expected)
			found->missing += sequences[i] - expected;
		if (sequences[i] >= expected)
			expected = sequences[i] + 1;
		adopt(spool, segment, &last, found);
	}
	if (count && sequences[count - 1] > spool->sequence)
		spool->sequence = sequences[count - 1];
	free(sequences);
	memcpy(found->boot, last.boot, SINK_BOOT_MAX);
	found->context = last.context;
	found->number = last.number;
	return r ? r : save_position(spool, error);
}

static size_t segment_size(tsem_u64 size)
{
	size_t part = size / 8;

	if (part > 16u << 20)
		part = 16u << 20;
	return part < SEGMENT_MIN ? SEGMENT_MIN : part & ~(size_t)4095;
}

int spool_open(const char *directory, tsem_u64 size, struct spool **ret_spool, struct spool_found *ret_found,
	       struct tsem_error *error)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	int r = 0;

	memset(ret_found, 0, sizeof(*ret_found));
	if (!spool)
		return tsem_error_set(error, ENOMEM, "out of memory");
	spool->limit = size;
	spool->segment_size = directory ? segment_size(size) : MEMORY_SEGMENT;
	spool->sent.at = spool->head.at = SEGMENT_HEAD;
	if (directory) {
		r = spool_directory_open(directory, &spool->directory, error);
		if (!r)
			r = adopt_all(spool, ret_found, error);
	}
	if (r) {
		/* No position is written: of what was not looked at, nothing is acknowledged. */
		spool_directory_close(spool->directory);
		spool->directory = NULL;
		spool_close(spool);
		return r;
	}
	*ret_spool = spool;
	return 0;
}

/* ---- in and out ---- */

static int add_segment(struct spool *spool)
{
	struct segment *segment = spool->spare;
	size_t size = spool->segment_size;
	int r = 0;

	if (spool->size + size > spool->limit)
		return -ENOSPC;
	if (segment)
		segment->used = SEGMENT_HEAD;
	else
		r = segment_create(spool->directory, spool->sequence + 1, size, &segment);
	/* A disk that is nearly full may have room for less. */
	while (r == -ENOSPC && size / 2 >= SEGMENT_MIN)
		r = segment_create(spool->directory, spool->sequence + 1, size /= 2, &segment);
	if (r)
		return r;
	spool->spare = NULL;
	spool->sequence++;
	segment->fresh = true;
	link_segment(spool, segment);
	return 0;
}

int spool_append(struct spool *spool, const struct sink_message *message)
{
	size_t room = sink_entry_room(message);
	struct segment *segment = spool->last;
	int r;

	if (message->size > SINK_TEXT_MAX)
		return -EMSGSIZE;
	if (!segment || !segment->fresh || segment->size - segment->used < room) {
		r = add_segment(spool);
		if (r)
			return r;
		segment = spool->last;
	}
	sink_entry_pack(message, spool->directory, segment->map + segment->used);
	segment->used += room;
	segment->dirty = true;
	return 0;
}

/* The entry at the cursor, which may move on to the next segment; damaged ones are passed over. */
static int entry_at(struct cursor *cursor, struct sink_message *ret_message, size_t *ret_room)
{
	while (cursor->segment) {
		struct segment *segment = cursor->segment;
		int r = sink_entry_unpack(segment->map + cursor->at, segment->used - cursor->at, !segment->fresh,
					  ret_message, ret_room);

		if (!r)
			return 0;
		/* There was an entry, sound or not, at the first look. */
		if (segment->fd >= 0 && cursor->at < segment->used && (segment->fresh || r == -ENODATA))
			spool_tear();
		if (r == -EBADMSG && *ret_room) {
			cursor->at += *ret_room;
			continue;
		}
		if (!segment->next)
			break;
		*cursor = (struct cursor){segment->next, SEGMENT_HEAD};
	}
	return -ENODATA;
}

/* An entry that this process has written and synced must be unchanged: somebody could have cut or changed the file. */
static bool entry_kept(const struct spool *spool, const struct cursor *cursor)
{
	const struct segment *segment = cursor->segment;
	struct sink_message message;
	size_t room;

	if (spool->directory && segment->fresh &&
	    sink_entry_unpack(segment->map + cursor->at, segment->used - cursor->at, true, &message, &room))
		spool_tear();
	return !spool->directory || !spool_torn();
}

unsigned spool_next(const struct spool *spool, struct sink_message *ret_messages, unsigned limit)
{
	struct cursor cursor = spool->sent;
	unsigned count = 0;
	size_t room;

	while (count < limit && !entry_at(&cursor, &ret_messages[count], &room)) {
		if (!entry_kept(spool, &cursor))
			break;
		cursor.at += room;
		count++;
	}
	return count;
}

void spool_sent(struct spool *spool, unsigned count)
{
	struct sink_message message;
	size_t room;

	for (; count && !entry_at(&spool->sent, &message, &room); count--)
		spool->sent.at += room;
}

tsem_u64 spool_acknowledge(struct spool *spool, tsem_u64 count, struct tsem_buffer *ret_stream)
{
	struct sink_message message;
	tsem_u64 events = 0;
	size_t room;

	if (spool->directory && spool_torn())
		return 0;
	for (; count && !entry_at(&spool->head, &message, &room); count--) {
		spool->head.at += room;
		events += message.kind == SINK_EVENT;
		if (message.kind == SINK_EVENT)
			remember(&spool->position, &message);
		if (message.kind == SINK_STREAM && ret_stream)
			sink_entry_keep(&message, ret_stream);
		spool->changed = true;
	}
	/* Those of a directory stay until a position behind them is on the disk: the next save tries again. */
	if (spool->first != spool->head.segment && (!spool->directory || !save_position(spool, NULL)))
		release_all(spool);
	return events;
}

int spool_sound(const struct spool *spool, struct tsem_error *error)
{
	if (!spool->directory || !spool_torn())
		return 0;
	return tsem_error_set(
		error, EIO,
		"a file of the spool %s was cut or changed while it was in use: its events are not delivered; "
		"look at it",
		spool->directory->path);
}

bool spool_settled(const struct spool *spool)
{
	struct cursor cursor = spool->head;
	struct sink_message message;
	size_t room;

	return entry_at(&cursor, &message, &room) && spool_sound(spool, NULL) == 0;
}

void spool_rewind(struct spool *spool)
{
	spool->sent = spool->head;
}

void spool_save_begin(struct spool *spool, struct spool_saving *ret_saving)
{
	ret_saving->count = 0;
	ret_saving->directory = spool->directory;
	ret_saving->position_changed = spool->directory && spool->changed;
	if (ret_saving->position_changed)
		place_position(spool);
	ret_saving->position = spool->position;
	spool->changed = false;
	for (struct segment *segment = spool->directory ? spool->first : NULL; segment; segment = segment->next)
		if (segment->dirty && ret_saving->count < SPOOL_SAVING_MAX) {
			segment->dirty = false;
			ret_saving->segments[ret_saving->count++] = segment;
		}
}

int spool_save(struct spool_saving *saving, struct tsem_error *error)
{
	int r = 0;

	for (unsigned i = 0; i < saving->count && !r; i++)
		r = segment_sync(saving->segments[i]);
	if (r)
		return tsem_error_set(error, -r, "cannot write the spool %s: %s", saving->directory->path,
				      strerror(-r));
	return saving->position_changed ? spool_position_write(saving->directory, &saving->position, error) : 0;
}

bool spool_save_end(struct spool *spool, const struct spool_saving *saving, bool saved)
{
	const struct segment *first = spool->first;

	if (!saved) {
		spool->changed = spool->changed || saving->position_changed;
		for (unsigned i = 0; i < saving->count; i++)
			saving->segments[i]->dirty = true;
	} else if (saving->position_changed) {
		release_all(spool);
	}
	return spool->first != first;
}

/* Entries on disk stay there, except for segments that are no longer needed. */
void spool_close(struct spool *spool)
{
	struct sink_message message;
	size_t room;

	if (spool->directory && spool->first && !spool_torn() && entry_at(&spool->head, &message, &room)) {
		spool->head.segment = NULL;
		if (!save_position(spool, NULL))
			release_all(spool);
	}
	while (spool->first) {
		struct segment *segment = spool->first;

		spool->first = segment->next;
		segment_free(segment);
	}
	segment_free(spool->spare);
	spool_directory_close(spool->directory);
	free(spool);
}
