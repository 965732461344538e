/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tasks that one thread asks another to watch. */
#ifndef TSEM_LIB_WATCHED_H
#define TSEM_LIB_WATCHED_H

#include <stdbool.h>

#define WATCHED_MAX 4096
struct watched {
	int tids[WATCHED_MAX];
	unsigned count;
};

/* False: there is no room. */
bool watched_add(struct watched *list, int tid);
void watched_remove(struct watched *list, int tid);
/* False, and unchanged: there is no room. */
bool watched_move(struct watched *from, struct watched *to, int tid);

#endif
