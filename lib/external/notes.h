/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records on their way from the thread that answers to the caller, which may be slow. */
#ifndef TSEM_LIB_NOTES_H
#define TSEM_LIB_NOTES_H

#include "../tsem.h"

#include <pthread.h>

struct note {
	struct note *next;
	size_t size;
	_Alignas(8) tsem_u8 record[];
};

struct notes {
	struct note *first, **end;
	size_t size; /* bytes */
	int ready; /* readable when there are notes */
	pthread_mutex_t lock;
};

/* -errno, and ready is -1. notes_deinit() is allowed then. */
int notes_init(struct notes *notes);
void notes_deinit(struct notes *notes);
/* False: too many bytes wait already, or there is no memory. */
bool notes_put(struct notes *notes, const struct tsem_record *record);
/* All of them, oldest first; each is to be freed. */
struct note *notes_take(struct notes *notes);

#endif
