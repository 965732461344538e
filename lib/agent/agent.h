/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the sources of this room: an agent, and its messages. */
#ifndef TSEM_LIB_AGENT_H
#define TSEM_LIB_AGENT_H

#include "../../include/tsem/agent.h"
#include "../kernel/agents.h"
#include "endpoint.h"
#include "questions.h"

#include <pthread.h>

struct tsem_agent {
	struct tsem_kernel *kernel;
	struct agents agents;
	struct endpoint endpoint;
	struct tsem_agent_slot *slot; /* in the kernel side's table */
	unsigned number; /* of the slot */
	tsem_u64 id;
	int ring; /* the map */
	const void *positions; /* of its reader and its writers, a page each */
	int poll;
	bool asks; /* it has subscribed to AUTH */
	struct ring_buffer *reader;
	struct message *taken; /* by the reader */
	tsem_u8 events[TSEM_AGENT_EVENTS]; /* AGENT_EVENT_* */
	pthread_mutex_t lock; /* of what follows, and of the places of the endpoint that answers are given at */
	struct questions questions;
};

/* The caller's message, and what only the library knows of it. */
struct message {
	struct tsem_message told; /* first: what the caller has a pointer to */
	struct tsem_agent_process process;
	tsem_u64 agent;
	unsigned holders; /* atomically */
	unsigned answered; /* atomically */
	_Alignas(8) tsem_u8 bytes[]; /* as it came from the ring, and a NUL */
};

/* NULL: there is no memory, or the bytes are no message. */
struct message *message_make(const void *bytes, size_t size);

/* Whether the agent is still in the table of the kernel side; the state lock is not needed for that. */
static inline bool agent_lives(const struct tsem_agent *agent)
{
	return __atomic_load_n(&agent->slot->id, __ATOMIC_ACQUIRE) == agent->id;
}

/* mute.c: forgets the mutes of a dead agent's slot. Under the state lock. */
void mutes_forget(const struct agents *agents, unsigned slot, tsem_u64 agent);
void slot_stats(const struct tsem_agent_slot *slot, tsem_u32 event, struct tsem_agent_stats *ret_stats);

#endif
