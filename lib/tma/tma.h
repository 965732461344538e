/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The client's end of a line to a modeling agent: requests that wait for their answers. */
#ifndef TSEM_LIB_TMA_H
#define TSEM_LIB_TMA_H

#include "../../engine/frame.h"
#include "transport.h"

#define WAITING_MAX 4096u /* requests that wait, for room on the line or for their answer */
#define PATIENCE 10u /* multiple of the event deadline that all other requests get */

/* One request. */
struct waiting {
	tsem_u32 sequence;
	tsem_u32 size; /* of the frame */
	tsem_u8 *frame; /* NULL: this place is free, or the frame is on its way and will not be needed again */
	tsem_u64 deadline; /* milliseconds */
	tsem_u64 repeat; /* when it is sent again; 0: never */
	tsem_u32 pause; /* between this time and the next but one */
	tsem_u32 namespace_id; /* of an event */
	tsem_u8 used, type;
	tsem_u8 ticket[TSEM_TMA_TICKET_SIZE];
	tsem_verdict_fn fn; /* of an event */
	void *context;
	struct reply *reply; /* of all others */
};

struct reply {
	bool done;
	unsigned reason; /* why there is no answer; 0: there is one */
	tsem_u32 fault; /* TSEM_TMA_FAULT_*: the agent refused */
	struct tsem_buffer payload;
};

struct tsem_tma {
	struct transport_link link;
	struct frame_reader reader;
	struct tsem_tma_greeting greeting;
	bool lossy, dead;
	unsigned deadline;
	tsem_u32 window;
	tsem_u32 oldest, next_send, next; /* sequences: oldest <= next_send <= next */
	tsem_u64 next_check; /* nothing is late before this time */
	tsem_u64 heard; /* when the last byte came */
	tsem_u64 session, repeated, stray;
	struct waiting *waiting; /* WAITING_MAX */
	struct tsem_buffer out; /* bytes that the line has not taken yet, from out_at on */
	size_t out_at;
	tsem_u8 *in;
	size_t in_size, in_at;
	tsem_u8 random[4096];
	size_t random_left;
};

tsem_u64 tma_now(void);
/* Builds the frame of a request and appends it to the queue. NULL: no room, no memory, or the connection is dead. */
struct waiting *tma_put(struct tsem_tma *tma, unsigned type, const struct frame_part *parts, unsigned count,
			unsigned patience);
void tma_random(struct tsem_tma *tma, void *ret_bytes, size_t size);
/* Puts a request and waits for its answer. */
int tma_ask(struct tsem_tma *tma, unsigned type, const struct frame_part *parts, unsigned count, const char *what,
	    struct reply *ret_reply, struct tsem_error *error);
/* Everything that waits ends with this reason. */
void tma_end_all(struct tsem_tma *tma, unsigned reason);
/* Waits until something can be done, at most until the time. */
void tma_wait(struct tsem_tma *tma, tsem_u64 until);

#endif
