/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Front ends that show questions elsewhere: programs of root that connect to a socket of the session. Each gets lines of
 * JSON, and answers with lines of JSON (docs/ask.md).
 */
#ifndef TSEM_CLI_ASK_SEATS_H
#define TSEM_CLI_ASK_SEATS_H

#include "line.h"

#include <sys/types.h>

#define SEATS_MAX 8
#define SEAT_LINE_MAX 1024
#define SEAT_BEHIND_MAX (4u << 20) /* bytes that a front end has not read: then it is dropped */

struct seat {
	int socket; /* -1: free */
	uid_t uid;
	const char *who; /* answers there, if that is not known by the user; NULL: it is */
	tsem_u64 passed; /* the question that nobody answers here */
	char line[SEAT_LINE_MAX];
	size_t size;
	struct tsem_buffer out; /* not sent yet */
	bool waits; /* epoll tells when more can be sent */
};

struct seats {
	int listener; /* -1: nobody can connect */
	int events; /* epoll of the owner */
	bool (*is_modeled)(void *context, int pidfd); /* whoever is in a namespace answers nothing */
	void *context;
	struct seat seats[SEATS_MAX];
	struct tsem_buffer open; /* the line of the open question, for who connects later */
};

#define SEATS_NONE ((struct seats){.listener = -1})

/* listen: false makes a list that nobody joins. */
int seats_open(struct seats *seats, const char *session, bool listen, int events,
	       bool (*is_modeled)(void *context, int pidfd), void *context, struct tsem_error *error);
void seats_close(struct seats *seats);
/* How many front ends are connected. */
size_t seats_taken(const struct seats *seats);
/* How many of them may still answer this question. */
size_t seats_open_to(const struct seats *seats, tsem_u64 question);
/* Whether the one that tsem has started under this name is still there. */
bool seats_has(const struct seats *seats, const char *who);
/* Sends a line; stays: who connects later gets it, too, until the next line. A front end that does not read is dropped. */
void seats_tell(struct seats *seats, const struct tsem_buffer *line, bool stays);
/* A front end that tsem has started itself. The socket does not block, and is closed with the others. */
int seats_add(struct seats *seats, int socket, const char *who, struct tsem_error *error);
/* Takes new front ends and their answers. Returns whether somebody is new. */
bool seats_turn(struct seats *seats, void (*fn)(void *context, const struct ask_line *line, struct seat *seat),
		void *context);

#endif
