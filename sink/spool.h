/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What waits to be delivered, in order: in memory, or in the files of a
 * directory, which survive tsem and the machine.
 *
 * DIR/lock      locked by who uses it
 * DIR/position  what was acknowledged; replaced as a whole
 * DIR/N.spool   segments, N in sixteen hexadecimal digits, ascending: a head, then entries (sink.h)
 *
 * A segment is allocated on disk before it is used, so a full disk is a spool
 * that is full, and never half an entry. After a crash of the machine the last
 * entries may be damaged: their checksums tell, and they are dropped and counted.
 *
 * Not locked against threads: the carrier does that.
 */
#ifndef TSEM_SINK_SPOOL_H
#define TSEM_SINK_SPOOL_H

#include "spool_file.h"

#define SPOOL_SIZE_MIN (2u << 20)

struct spool;

struct spool_found {
	tsem_u64 events; /* not acknowledged yet */
	tsem_u64 damaged; /* dropped entries, at least this many */
	tsem_u64 missing; /* segments */
	/* The last event that was taken, before or not acknowledged yet; number 0: none. */
	char boot[SINK_BOOT_MAX];
	tsem_u64 context, number;
};

/* directory NULL: in memory. -EBUSY when another tsem has it. */
int spool_open(const char *directory, tsem_u64 size, struct spool **ret_spool, struct spool_found *ret_found,
	       struct tsem_error *error);
/*
 * -ENOSPC: full, or the disk is; -EMSGSIZE: such a message can never be taken. It only adds: what was acknowledged is
 * released by spool_acknowledge, or by a save.
 */
int spool_append(struct spool *spool, const struct sink_message *message);
/* The next unsent entries; they stay where they are until they are acknowledged. Returns their number. */
unsigned spool_next(const struct spool *spool, struct sink_message *ret_messages, unsigned limit);
/* So many of them were. */
void spool_sent(struct spool *spool, unsigned count);
/*
 * The first count of the sent ones were acknowledged. Returns how many events that were. *ret_stream becomes the last
 * SINK_STREAM among them, by sink_entry_keep(); without one it stays as it was. NULL: not asked for.
 */
tsem_u64 spool_acknowledge(struct spool *spool, tsem_u64 count, struct tsem_buffer *ret_stream);
/* -EIO when its files have changed: nothing more is taken from it. */
int spool_sound(const struct spool *spool, struct tsem_error *error);
/* True when all was acknowledged. */
bool spool_settled(const struct spool *spool);
/* Unacknowledged entries are sent again. */
void spool_rewind(struct spool *spool);
/*
 * Writes new entries and the position to disk. The first step determines what to write. The second one writes, which
 * may take long; meanwhile messages may be appended, but nothing else may be done: it uses segments, and is the only
 * writer of the position. The third step keeps for the next save what could not be written, and else releases what is
 * behind the position. It returns true when there is more room.
 */
#define SPOOL_SAVING_MAX 16
struct spool_saving {
	const struct spool_directory *directory;
	struct segment *segments[SPOOL_SAVING_MAX];
	unsigned count;
	struct position position;
	bool position_changed;
};
void spool_save_begin(struct spool *spool, struct spool_saving *ret_saving);
int spool_save(struct spool_saving *saving, struct tsem_error *error);
bool spool_save_end(struct spool *spool, const struct spool_saving *saving, bool saved);
void spool_close(struct spool *spool);

/* For the fuzzer: walks the entries of a segment's bytes. Returns the bytes that hold entries, sound or not. */
size_t spool_walk(const char *bytes, size_t size, size_t from, tsem_u64 *events, tsem_u64 *damaged,
		  struct sink_message *ret_last);

#endif
