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

#include <stdbool.h>

/* A task that asks. */
struct asking {
	tsem_u32 tid;
	bool overdue; /* it waits for nothing that is not there yet */
	tsem_u64 unique; /* the request, by the number that the kernel gave it */
};

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
 * Reads what has come. 1: a task asks, of which endpoint_reply, endpoint_refuse or endpoint_wait is to be called next.
 * -EAGAIN: nothing more, or so much that it is another call's turn; -ENODEV: nothing any more.
 */
int endpoint_read(struct endpoint *endpoint, struct asking *ret_asking);
void endpoint_reply(struct endpoint *endpoint, const struct asking *asking, const struct tsem_answer *answer);
/* It goes on without an answer. */
void endpoint_refuse(struct endpoint *endpoint, const struct asking *asking);
/* It waits. Its place, for endpoint_take(); 0: none is free, and it has gone on without an answer. */
tsem_u32 endpoint_wait(struct endpoint *endpoint, const struct asking *asking, tsem_u64 deadline);

/* The place where the task waits, taken; NULL: it does not wait there any more. */
struct tsem_asked *endpoint_take(struct endpoint *endpoint, tsem_u32 place, tsem_u32 tid);
/* Gives a place that was taken back: the task waits on. */
void endpoint_leave(struct tsem_asked *asked, tsem_u64 deadline);
/* The task goes on, with an answer or without (NULL); the place is free. */
void endpoint_answer(struct endpoint *endpoint, struct tsem_asked *asked, const struct tsem_answer *answer);
/*
 * The next place, from *at on, that the keeper may have put a task into while nobody read, taken; its number is in *at.
 * NULL: there is none any more, and none at all where endpoint_kept() is false. That is so until the keeper does it again.
 */
bool endpoint_kept(struct endpoint *endpoint);
struct tsem_asked *endpoint_next(struct endpoint *endpoint, tsem_u32 *at);
/* How often the keeper is to look, 0: never. */
void endpoint_tick(struct endpoint *endpoint, tsem_u32 tick_ms, tsem_u64 patience);

#endif
