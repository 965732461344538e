/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of a spool. */
#ifndef TSEM_SINK_SPOOL_FILE_H
#define TSEM_SINK_SPOOL_FILE_H

#include "sink.h"

#define SEGMENT_HEAD 32 /* bytes before the first entry */

/* Opened once, and held: whatever happens to its name later, these are its files. */
struct spool_directory {
	char *path; /* for messages */
	int fd, lock;
};

struct note;

struct segment {
	struct segment *next;
	struct note *note; /* of the map, when it is of a file */
	char *map;
	size_t size, used;
	tsem_u64 sequence;
	int fd; /* -1: in memory */
	bool fresh; /* created by this process: entries may be appended */
	bool dirty;
};

struct position {
	char magic[8];
	tsem_u64 sequence, offset; /* of the first entry that was not acknowledged */
	tsem_u64 context, number; /* the last event that was */
	char boot[40];
	tsem_u32 version;
	tsem_u32 crc; /* of all before it */
};

/*
 * Created when it is missing, and locked. -EPERM when it, or later one of its files, belongs to another user or can be
 * written by others. -EBUSY when another tsem has it.
 */
int spool_directory_open(const char *path, struct spool_directory **ret_directory, struct tsem_error *error);
void spool_directory_close(struct spool_directory *directory);
/* Ascending; free() them. */
int spool_list(const struct spool_directory *directory, tsem_u64 **ret_sequences, size_t *ret_count,
	       struct tsem_error *error);
/* Zeros when it is missing or damaged: then everything is delivered once more. */
int spool_position_read(const struct spool_directory *directory, struct position *ret_position,
			struct tsem_error *error);
int spool_position_write(const struct spool_directory *directory, struct position *position, struct tsem_error *error);

/* True from when a file of a spool became shorter than it was, or changed, while it was in use. */
bool spool_torn(void);
void spool_tear(void);

/* directory NULL: in memory. Negative errno; -ENOSPC also for quotas and limits of file size. */
int segment_create(const struct spool_directory *directory, tsem_u64 sequence, size_t size,
		   struct segment **ret_segment);
/* -EBADMSG: not a segment. */
int segment_load(const struct spool_directory *directory, tsem_u64 sequence, struct segment **ret_segment,
		 struct tsem_error *error);
/* Keeps a file that is not a segment under another name, N.damaged. */
void segment_set_aside(const struct spool_directory *directory, tsem_u64 sequence);
void segment_shrink(struct segment *segment);
/* 0 or a negative errno. */
int segment_sync(struct segment *segment);
void segment_remove(struct segment *segment, const struct spool_directory *directory);
void segment_free(struct segment *segment);

#endif
