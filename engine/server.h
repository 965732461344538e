/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The protocol as an agent speaks it: one request in, one answer out. A trust
 * root brings a line, memory, digest functions and random numbers.
 */
#ifndef TSEM_ENGINE_SERVER_H
#define TSEM_ENGINE_SERVER_H

#include "agent.h"
#include "frame.h"

#define SERVER_RECENT_SIZE 200u /* larger answers are computed again when they are requested again */
#define SERVER_SCRATCH (sizeof(struct tsem_record) + TSEM_CELL_MAX)
/* Room that server_take needs for an answer. */
#define SERVER_ANSWER_MAX (TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD)

/* The resources of the trust root, for all of its sessions. */
struct server {
	const struct tsem_hash *const *hashes; /* ends with NULL */
	tsem_u32 namespaces; /* of a session */
	tsem_u32 points, points_max; /* of a namespace: when the client does not say, and at most */
	tsem_u64 records, records_max;
	void *context;
	/* Zeroed and aligned to 64; NULL: no more for this session. */
	void *(*allocate)(void *context, tsem_u64 size);
	void (*release)(void *context, void *memory, tsem_u64 size);
	void (*random)(void *context, void *ret_bytes, tsem_u32 size);
	const char *name;
	void *scratch; /* SERVER_SCRATCH bytes, aligned to 8: the event in question */
};

struct server_space {
	struct server_space *next;
	tsem_u32 number;
	tsem_u64 size; /* of its memory, which begins with this */
	struct agent agent;
};

/* An answer that was given: when its request comes once more, the answer was lost. */
struct server_recent {
	tsem_u32 sequence, request; /* checksum of the request's frame */
	tsem_u32 size; /* 0: none kept */
	tsem_u8 bytes[SERVER_RECENT_SIZE];
};

/* One client. All zeros is one that has not greeted. */
struct server_session {
	struct frame_reader reader;
	struct server_space *spaces, *latest;
	tsem_u32 space_count;
	tsem_u32 payload_max; /* that the client takes */
	tsem_u32 last; /* greatest sequence so far */
	tsem_u8 ended; /* said bye */
	tsem_u8 repeats; /* lines without connections: a greeting may come at any time and starts anew */
	struct server_recent recent[TSEM_TMA_WINDOW_MAX];
};

void server_session_init(struct server_session *session, int repeats);
void server_session_deinit(const struct server *server, struct server_session *session);

/*
 * Takes the next frame out of size bytes and writes its answer, of *ret_answer
 * bytes, which may be 0. Returns how many bytes are done with; 0 and no
 * answer: more are needed. answer has room for SERVER_ANSWER_MAX.
 */
tsem_u32 server_take(const struct server *server, struct server_session *session, const tsem_u8 *bytes, tsem_u32 size,
		     int idle, tsem_u8 *answer, tsem_u32 *ret_answer);

#endif
