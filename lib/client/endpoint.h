/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where tasks wait for an agent: a file system with one file, the executable of the keeper, served by the agent's own
 * calls, and by the keeper when these do not come.
 */
#ifndef TSEM_LIB_ENDPOINT_H
#define TSEM_LIB_ENDPOINT_H

#include "../../abi/agent_slot.h"
#include "../../abi/keeper.h"
#include "../tsem.h"

#define ENDPOINT_OVERDUE (~0ull - 1)

struct endpoint {
	int device; /* the server's end; readable when a task waits */
	int wake; /* an eventfd: the keeper looks at its tick anew */
	int keeper; /* its process id, 0: none */
	tsem_u64 number; /* of the file system, as the kernel numbers devices */
	struct tsem_keeper_memory *memory;
};

/* slots: the map of agents. When it returns, the keeper keeps. */
int endpoint_open(struct endpoint *endpoint, int slots, struct tsem_error *error);
void endpoint_close(struct endpoint *endpoint);
/*
 * Reads what has come. 1: a task waits at *ret_asked, which belongs to the caller (TSEM_ASKED_TAKEN); its deadline
 * is ENDPOINT_OVERDUE when it waits for nothing that is not there yet. 0 is never returned; -EAGAIN: nothing more, -ENODEV: nothing any more.
 */
int endpoint_read(struct endpoint *endpoint, struct tsem_asked **ret_asked);
/* The place where the task waits, taken; NULL: it does not, or the keeper has just answered. */
struct tsem_asked *endpoint_take(struct endpoint *endpoint, tsem_u32 tid);
/* Gives a place that was taken back: the task waits on. */
void endpoint_leave(struct tsem_asked *asked, tsem_u64 deadline);
/* The task goes on; the place is free. */
void endpoint_answer(struct endpoint *endpoint, struct tsem_asked *asked, const struct tsem_answer *answer);
/* The same without an answer. */
void endpoint_late(struct endpoint *endpoint, struct tsem_asked *asked);
/* How often the keeper is to look, 0: never. */
void endpoint_tick(struct endpoint *endpoint, tsem_u32 tick_ms, tsem_u64 patience);

#endif
