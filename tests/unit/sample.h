/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of a small workload, added to a set one by one, each with its right coefficient and TASK_ID. */
#ifndef TSEM_TESTS_SAMPLE_H
#define TSEM_TESTS_SAMPLE_H

#include "../../lib/tsem.h"

struct sample_cell {
	tsem_u8 bytes[8192]; /* room for the longest path */
	size_t size;
};

void sample_put(struct sample_cell *cell, const void *bytes, size_t size);
void sample_put_u32(struct sample_cell *cell, tsem_u32 number);
/* A file that a program created: no content, but its creator. */
void sample_put_created(struct sample_cell *cell, const tsem_u8 *owner);

/* parent NULL: zeros. Of an exec event the TASK_ID is computed and written into task. The entry counts once more. */
struct tsem_entry *sample_add(struct tsem_set *set, unsigned event, const tsem_u8 *parent, tsem_u8 *task,
			      const struct sample_cell *cell);
/* content: every byte of the digest */
struct tsem_entry *sample_exec(struct tsem_set *set, const tsem_u8 *parent, const char *path, tsem_u8 content,
			       tsem_u8 *ret_task);
struct tsem_entry *sample_open(struct tsem_set *set, const tsem_u8 *parent, tsem_u8 *task, const char *path,
			       tsem_u8 content);

#endif
