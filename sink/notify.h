/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Findings for a receiver that is asked over HTTP, each by a request of its own: a process of its own makes them
 * (notify_process.h), and who has a finding never waits. What it has not taken is in the buffer of a socket, so it is
 * bounded; what has no room there is left out, and counted.
 */
#ifndef TSEM_SINK_NOTIFY_H
#define TSEM_SINK_NOTIFY_H

#include <sys/types.h>

#include "http.h"
#include "receiver.h"

#define NOTIFY_WHY_MAX 256

struct notify {
	int socket;
	pid_t pid;
	char host[HTTP_ORIGIN_MAX]; /* for people */
	tsem_u64 sent, posted, failed; /* findings that were to be posted, and what became of them */
	tsem_u64 left_out; /* it never got them, for want of room */
	int room; /* in the queue, in bytes as the kernel counts them */
	const char *missed; /* why one of those that failed was not even sent, until notify_take() says so */
	bool told; /* that one could not be posted */
};

/* Whether it is a URL that can be posted to, or env, with what the environment has for that. */
int notify_check(const char *given, struct tsem_error *error);
/* The file that its variable names; NULL: those of the system. */
const char *notify_authorities(void);
int notify_open(struct notify *notify, const char *given, struct tsem_error *error);
/* urgent: in the part of the queue that others cannot fill. */
void notify_put(struct notify *notify, const char *text, size_t size, bool urgent);
/* A finding that there is no text of counts as one that could not be posted. */
void notify_miss(struct notify *notify, const char *why);
/* Takes some of what the process says; the socket is readable when there is something. True, and why: the first finding failed. */
bool notify_take(struct notify *notify, char ret_why[NOTIFY_WHY_MAX]);
/* Waits for what was sent, at most so long. The counts stay. True, and why: as notify_take(). */
bool notify_close(struct notify *notify, unsigned patience_ms, char ret_why[NOTIFY_WHY_MAX]);

#endif
