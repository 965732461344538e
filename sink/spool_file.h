/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of a spool. */
#ifndef TSEM_SINK_SPOOL_FILE_H
#define TSEM_SINK_SPOOL_FILE_H

#include "sink.h"

#define SEGMENT_HEAD 32 /* bytes before the first entry */

struct segment {
	struct segment *next;
	char *map;
	size_t size, used;
	tsem_u64 sequence;
	int fd;	    /* -1: in memory */
	bool fresh; /* made by this process: entries may be put behind the last one */
	bool dirty;
};

struct position {
	char magic[8];
	tsem_u64 sequence, offset; /* of the first entry that was not acknowledged */
	tsem_u64 context, number;  /* the last event that was */
	char boot[40];
	tsem_u32 version;
	tsem_u32 crc; /* of all before it */
};

int spool_lock(const char *directory, int *ret_fd, struct tsem_error *error);
/* Ascending; free() them. */
int spool_list(const char *directory, tsem_u64 **ret_sequences, size_t *ret_count, struct tsem_error *error);
/* Zeros when there is none, or it is damaged: then all is delivered once more. */
void spool_position_read(const char *directory, struct position *ret_position);
int spool_position_write(const char *directory, struct position *position, struct tsem_error *error);

/* directory NULL: in memory. Negative errno; -ENOSPC also for quotas and limits of file size. */
int segment_create(const char *directory, tsem_u64 sequence, size_t size, struct segment **ret_segment);
/* -EBADMSG: not a segment. */
int segment_load(const char *directory, tsem_u64 sequence, struct segment **ret_segment, struct tsem_error *error);
/* A file that is not one is kept under another name, N.damaged. */
void segment_set_aside(const char *directory, tsem_u64 sequence);
void segment_shrink(struct segment *segment);
int segment_sync(struct segment *segment);
void segment_remove(struct segment *segment, const char *directory);
void segment_free(struct segment *segment);

#endif
