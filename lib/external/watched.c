/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "watched.h"

bool watched_add(struct watched *list, int tid)
{
	if (list->count >= WATCHED_MAX)
		return false;
	list->tids[list->count++] = tid;
	return true;
}

void watched_remove(struct watched *list, int tid)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->tids[i] == tid)
			list->tids[i--] = list->tids[--list->count];
}

bool watched_move(struct watched *from, struct watched *to, int tid)
{
	if (!watched_add(to, tid))
		return false;
	watched_remove(from, tid);
	return true;
}
