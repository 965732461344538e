/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The started process stays what its parent knows: CMD's parent, or CMD itself. It forwards signals, stops and the
 * terminal, and does nothing else. The orchestrator is another process without a terminal and signals, so nothing that
 * stops or blocks the front affects it.
 */
#ifndef TSEM_CLI_FRONT_H
#define TSEM_CLI_FRONT_H

#include "../../lib/tsem.h"

#include <sys/types.h>

struct front_options {
	char *const *argv;
	const struct tsem_wall *wall; /* NULL: none */
	bool in_place; /* the started process becomes CMD, without a child */
	bool needed; /* there is work to do after CMD has ended */
	bool same_terminal; /* even if standard input is a terminal */
	const char *letters; /* of answers to questions on the terminal */
};

enum front_word {
	FRONT_START, /* to the front: start CMD */
	FRONT_STARTED, /* from it: value 0, or an errno; with descriptors */
	FRONT_STOPPED, /* from it: CMD has stopped */
	FRONT_FOLLOW, /* to it: value 1: our parent's shell must see a stopped job */
	FRONT_ENDED, /* from it: the value is CMD's status, as in a shell */
	FRONT_INTERRUPTED, /* from it: a user or supervisor wants to end */
	FRONT_ASK, /* to it: a question, with its number and a descriptor with its text */
	FRONT_WITHDRAW, /* to it: question number value was answered elsewhere, or by nobody */
	FRONT_ANSWERED, /* from it: the value is a letter; 0: it cannot be asked there. The question is in pid */
	FRONT_BACK, /* from it: somebody has typed since a question was withdrawn */
	FRONT_END, /* to it: end with the value as the status */
	FRONT_GONE, /* there is no front any more */
	FRONT_WORDS
};

struct front_message {
	enum front_word word;
	int value;
	pid_t pid; /* of CMD */
	pid_t keeper; /* of the process that keeps CMD's terminal; 0: none */
};

enum { FRONT_PIDFD, FRONT_GO, FRONT_REPORTS, FRONT_DESCRIPTORS };

/* Returns in a new process, the orchestrator. The started process becomes the front, and never returns. */
int front_begin(const struct front_options *options, struct tsem_error *error);

/* ---- in the orchestrator ---- */

/* Starts CMD, which waits; the descriptors are to be closed. */
int front_start(struct front_message *ret_started, int ret_descriptors[FRONT_DESCRIPTORS], struct tsem_error *error);
/* Readable when the front has sent a message; -1: there is no front. */
int front_fd(void);
/* Whether somebody wants to end, or the front was lost; for a wait elsewhere. front_take() still has what it read. */
bool front_wants_end(void);
/* The next message; false: nothing yet. */
bool front_take(struct front_message *ret_message);
void front_follow(bool follow);
/* A question on the terminal: FRONT_ANSWERED follows. text: a descriptor, which stays the caller's. */
void front_ask(int id, int text);
void front_withdraw(int id);
/*
 * Whether the started process becomes CMD: then nobody here learns its status, and the front is gone when CMD has
 * begun.
 */
bool front_in_place(void);
/* The process that was started; 0: it is CMD. */
pid_t front_pid(void);
/* The orchestrator's last message. Does nothing in any other process. */
void front_end(int status);

#endif
