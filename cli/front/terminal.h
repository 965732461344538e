/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A terminal and a session of CMD's own. Between it and the terminal that tsem
 * was started from, the front carries bytes, sizes, signals and stops. What CMD
 * does to its terminal, it does to that one only.
 */
#ifndef TSEM_CLI_TERMINAL_H
#define TSEM_CLI_TERMINAL_H

#include "starter.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define TERMINAL_BUFFER 65536
#define TERMINAL_FDS 4

struct terminal_bytes {
	char bytes[TERMINAL_BUFFER];
	size_t from, to;
};

struct terminal {
	int outer; /* where tsem was started from, not blocking */
	int master; /* of CMD's */
	int keeper_socket;
	pid_t keeper; /* leads CMD's session */
	pid_t pid; /* of CMD */
	int status; /* of its last change of state, as waitpid has it */
	bool changed; /* and nobody asked for it yet */
	bool wanted; /* CMD reads or sets the terminal; until then ours is left alone */
	bool held; /* ours is raw, and what is typed is CMD's */
	bool over; /* nothing comes from ours any more */
	bool begun; /* it was held before */
	struct termios saved, first; /* of ours, while it is held; of CMD's, in the beginning */
	struct terminal_bytes in, out;
};

/* Whether standard input is a terminal, so that CMD gets one. */
bool terminal_is_there(void);
/* -errno: there can be none. *ret_terminal is then NULL. */
int terminal_start(const struct starter *starter, const int *others, size_t other_count, struct terminal **ret_terminal,
		   int *ret_pidfd);
/* Fills TERMINAL_FDS entries. */
void terminal_poll(const struct terminal *terminal, struct pollfd *fds);
void terminal_turn(struct terminal *terminal, const struct pollfd *fds);
/* Once for each change of CMD's state: *ret_status as waitpid has it. */
bool terminal_changed(struct terminal *terminal, int *ret_status);
/* CMD was stopped because it wants the terminal, which we have: it gets it, and goes on. */
bool terminal_gives(struct terminal *terminal);
/* Before tsem is stopped, and after. */
void terminal_release(struct terminal *terminal);
void terminal_resume(struct terminal *terminal);
void terminal_resize(const struct terminal *terminal);
/* By a key at our terminal while it is not raw: to whoever is in the foreground of CMD's. */
void terminal_key(const struct terminal *terminal, int signal);
/* To CMD's process group; false: there is none any more. */
bool terminal_signal_all(const struct terminal *terminal, int signal);
/* All that CMD has written is out, and the terminal is as it was. */
void terminal_end(struct terminal *terminal);

#endif
