/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Trusted modeling agents outside the kernel (tma-protocol.md). */
#ifndef TSEM_TMA_H
#define TSEM_TMA_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/tma.h"
#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd;
struct tsem_tma;

/* The verdict on an event. Late, absent, garbled or dead: untrusted. */
struct tsem_verdict {
	bool trusted;
	bool same; /* the same answer for this exact event of a trusted task from now on */
	unsigned reason; /* TSEM_REASON_* */
	tsem_u32 size; /* of the coefficient; 0: the agent has none */
	tsem_u8 coefficient[TSEM_HASH_SIZE_MAX];
};

/* The end of a sentence that begins with "because". */
const char *tsem_reason_text(unsigned reason);
/* One word. */
const char *tsem_reason_name(unsigned reason);
/* 0 when there is no function of that name; NULL when there is none of that number. */
unsigned tsem_hash_number(const char *name);
const char *tsem_hash_name(unsigned number);

/*
 * Connects (unix:PATH, fd:IN,OUT, vsock:CID:PORT, tty:DEVICE) and greets. An
 * event that has no answer after deadline_ms is untrusted; other requests may
 * take ten times as long. SIGPIPE has to be ignored.
 */
int tsem_tma_connect(const char *address, unsigned deadline_ms, struct tsem_tma **ret_tma, struct tsem_error *error);
/* Another deadline from the next request on. */
void tsem_tma_hurry(struct tsem_tma *tma, unsigned deadline_ms);
/* Says bye if the agent lives. Events without answer become untrusted first. */
void tsem_tma_close(struct tsem_tma *tma);
const struct tsem_tma_greeting *tsem_tma_greeted(const struct tsem_tma *tma);

int tsem_tma_create(struct tsem_tma *tma, const struct tsem_tma_create *create, struct tsem_tma_created *ret_created,
		    struct tsem_error *error);
int tsem_tma_destroy(struct tsem_tma *tma, tsem_u32 namespace_id, struct tsem_error *error);
/*
 * Makes a model that of the namespace. With the digest function of the model
 * these are its coefficients; with another one its events, which it has to have.
 */
int tsem_tma_load(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned hash, const struct tsem_model *model,
		  struct tsem_error *error);
/* type: TSEM_TMA_BASE, _AGGREGATE, _PSEUDONYM */
int tsem_tma_set(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned type, const void *digest, tsem_u32 size,
		 struct tsem_error *error);
int tsem_tma_seal(struct tsem_tma *tma, tsem_u32 namespace_id, bool enforce, struct tsem_error *error);

/* Waits for the answer, at most for the deadline. */
void tsem_tma_event(struct tsem_tma *tma, tsem_u32 namespace_id, const struct tsem_record *record,
		    struct tsem_verdict *ret_verdict);

/*
 * The same for a caller with its own loop. fn is called exactly once for each submitted event: from tsem_tma_turn or
 * tsem_tma_close, or from here when it cannot be sent at all. -EAGAIN: the library keeps no more waiting events; call
 * tsem_tma_turn.
 */
typedef void (*tsem_verdict_fn)(void *context, const struct tsem_verdict *verdict);
int tsem_tma_submit(struct tsem_tma *tma, tsem_u32 namespace_id, tsem_u32 flags, const struct tsem_record *record,
		    tsem_verdict_fn fn, void *context);
/* Fills one or two entries for poll(2), and says how long to wait at most, -1: no limit. Returns how many. */
int tsem_tma_poll(const struct tsem_tma *tma, struct pollfd *ret_fds, int *ret_timeout);
/* Sends, receives and ends late requests. Never blocks. -EPIPE once the agent is gone, which is permanent. */
int tsem_tma_turn(struct tsem_tma *tma);

/* Called for each item of a part; coefficient, record or both may be NULL. A non-zero return ends it and is returned. */
typedef int (*tsem_item_fn)(void *context, const struct tsem_tma_item *item, const tsem_u8 *coefficient,
			    const struct tsem_record *record);
/* TSEM_TMA_TRAJECTORY, _FORENSICS, _POINTS, _COUNTS */
int tsem_tma_show(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned part, tsem_item_fn fn, void *context,
		  struct tsem_error *error);
/* TSEM_TMA_STATE, _MEASUREMENT: TSEM_HASH_SIZE_MAX bytes of room; _STATUS: a struct tsem_tma_status */
int tsem_tma_value(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned part, void *ret_value, tsem_u32 room,
		   tsem_u32 *ret_size, struct tsem_error *error);

/* Faults on the line so far. */
struct tsem_tma_line {
	tsem_u64 skipped; /* bytes that were no part of a frame */
	tsem_u64 repeated; /* requests that were sent again */
	tsem_u64 stray; /* answers that no request waits for */
	bool lossy; /* a serial line: requests are repeated, and may arrive in another order */
};
void tsem_tma_line(const struct tsem_tma *tma, struct tsem_tma_line *ret_line);

#ifdef __cplusplus
}
#endif

#endif
