/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that an agent and its keeper (roots/keeper) share: the tasks that wait for an answer. Both read questions from
 * the same file system, and either may answer: the keeper answers when it is too late, and when the agent is gone.
 */
#ifndef TSEM_ABI_KEEPER_H
#define TSEM_ABI_KEEPER_H

#include "types.h"

/* Descriptors that the keeper starts with. */
#define TSEM_KEEPER_REPORT 1 /* it writes a byte when it keeps */
#define TSEM_KEEPER_DEVICE 3 /* the server's end of the file system */
#define TSEM_KEEPER_MEMORY 4 /* this memory */
#define TSEM_KEEPER_SLOTS 5 /* the map tsem_agents */
#define TSEM_KEEPER_WAKE 6 /* an eventfd: the tick has changed */

#define TSEM_ASKED_FREE 0u
#define TSEM_ASKED_WAITS 1u
#define TSEM_ASKED_TAKEN 2u /* by who writes into it, or answers it */

struct tsem_asked {
	tsem_u32 state; /* changed atomically; who has taken it owns the rest */
	tsem_u32 tid;
	tsem_u64 unique; /* the request, by the number that the kernel gave it */
	tsem_u64 deadline; /* nanoseconds since boot */
};
TSEM_SIZE(tsem_asked, 24);

#define TSEM_ASKED_MAX 32768 /* who finds none free does not wait: it is too late */
#define TSEM_REQUEST_MAX 8192 /* the least that the kernel accepts as a buffer for a request */

struct tsem_keeper_memory {
	tsem_u32 tick_ms; /* how often the keeper looks; 0: nobody is asked */
	tsem_u32 served; /* counts the requests that the agent has read */
	tsem_u64 patience; /* nanoseconds: the longest deadline */
	tsem_u64 late; /* answered by the keeper */
	tsem_u64 agent; /* tsem_agent_slot.id; 0: not yet */
	tsem_u32 slot;
	tsem_u32 kept; /* 1: the keeper has put tasks into places since the agent looked; atomically */
	tsem_u32 waiting; /* places that are not free; atomically */
	tsem_u32 reserved;
	tsem_u8 reading[TSEM_REQUEST_MAX]; /* the agent reads to here, so that no request is ever with the agent alone */
	struct tsem_asked asked[TSEM_ASKED_MAX];
};
TSEM_LAYOUT(tsem_keeper_memory, reading, 48);
TSEM_SIZE(tsem_keeper_memory, 48 + TSEM_REQUEST_MAX + 24 * TSEM_ASKED_MAX);

#endif
