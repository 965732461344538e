/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where tasks wait for an agent: a file system with one file, the executable of the keeper. The agent's own calls
 * serve it, and the keeper when the agent does not.
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
	bool overdue; /* it takes an answer only if there is one already */
	tsem_u64 unique; /* the request, by the number that the kernel gave it */
};

struct endpoint {
	int device; /* the server's end; readable when a task waits */
	int wake; /* an eventfd: the keeper looks at its tick anew */
	int keeper; /* its process id, 0: none */
	tsem_u64 number; /* of the file system, as the kernel numbers devices */
	struct tsem_keeper_memory *memory;
};

/* slots: the map of agents. When this returns, the keeper is at work. */
int endpoint_open(struct endpoint *endpoint, int slots, struct tsem_error *error);
void endpoint_close(struct endpoint *endpoint);
/*
 * Reads the next request. 1: a task asks; call endpoint_reply, endpoint_refuse or endpoint_wait for it next.
 * -EAGAIN: there is none, or this call has read its share; -ENODEV: the file system has ended.
 */
int endpoint_read(struct endpoint *endpoint, struct asking *ret_asking);
void endpoint_reply(struct endpoint *endpoint, const struct asking *asking, const struct tsem_answer *answer);
/* The task continues without an answer. */
void endpoint_refuse(struct endpoint *endpoint, const struct asking *asking);
/* Lets the task wait. Its place, for endpoint_take(); 0: no place is free, and it has continued without an answer. */
tsem_u32 endpoint_wait(struct endpoint *endpoint, const struct asking *asking, tsem_u64 deadline);

/* Takes the place where the task waits; NULL: it no longer waits there. */
struct tsem_asked *endpoint_take(struct endpoint *endpoint, tsem_u32 place, tsem_u32 tid);
/* Gives back a place that was taken: the task continues to wait. */
void endpoint_leave(struct tsem_asked *asked, tsem_u64 deadline);
/* The task continues, with an answer or without (NULL), and the place is free. */
void endpoint_answer(struct endpoint *endpoint, struct tsem_asked *asked, const struct tsem_answer *answer);
/*
 * The next place, from *at on, that the keeper may have put a task into while nobody read, taken; its number is in *at.
 * NULL: there is none any more, and none at all where endpoint_kept() is false. That is so until the keeper does it again.
 */
bool endpoint_kept(struct endpoint *endpoint);
struct tsem_asked *endpoint_next(struct endpoint *endpoint, tsem_u32 *at);
/* How often the keeper checks for tasks that have waited too long; 0: never. */
void endpoint_tick(struct endpoint *endpoint, tsem_u32 tick_ms, tsem_u64 patience);

#endif
