/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NOTES_MAX (4u << 20) /* as in the ring of an internal namespace */

int notes_init(struct notes *n)
{
	*n = (struct notes){.end = &n->first, .ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	pthread_mutex_init(&n->lock, NULL);
	return n->ready < 0 ? -errno : 0;
}

void notes_deinit(struct notes *n)
{
	for (struct note *note = n->first, *next; note; note = next) {
		next = note->next;
		free(note);
	}
	if (n->ready >= 0)
		close(n->ready);
	pthread_mutex_destroy(&n->lock);
}

bool notes_put(struct notes *n, const struct tsem_record *record)
{
	struct note *note = malloc(sizeof(*note) + record->size);
	bool room;

	pthread_mutex_lock(&n->lock);
	room = note && n->size < NOTES_MAX;
	if (room) {
		note->next = NULL;
		note->size = record->size;
		memcpy(note->record, record, record->size);
		*n->end = note;
		n->end = &note->next;
		n->size += record->size;
	}
	pthread_mutex_unlock(&n->lock);
	if (!room)
		free(note);
	eventfd_write(n->ready, 1);
	return room;
}

struct note *notes_take(struct notes *n)
{
	struct note *note;
	eventfd_t count;

	if (eventfd_read(n->ready, &count))
		return NULL;
	pthread_mutex_lock(&n->lock);
	note = n->first;
	n->first = NULL;
	n->end = &n->first;
	n->size = 0;
	pthread_mutex_unlock(&n->lock);
	return note;
}
