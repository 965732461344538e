/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A terminal and a session for CMD. The front copies bytes, sizes, signals and stops between it and the terminal that
 * tsem was started from. CMD can only affect its own terminal.
 */
#ifndef TSEM_CLI_TERMINAL_H
#define TSEM_CLI_TERMINAL_H

#include "../../lib/start/starter.h"

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
	bool changed; /* and no caller has fetched it yet */
	bool wanted; /* CMD reads or sets the terminal; until then ours is untouched */
	bool held; /* ours is raw, and its input goes to CMD */
	bool over; /* our terminal has hung up */
	bool paused; /* ours is used for something else: no bytes go there from CMD, or back */
	bool typed; /* something has come from ours */
	bool begun; /* it was held before */
	struct termios saved, first; /* of ours, while it is held; of CMD's, at the beginning */
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
/* CMD was stopped because it needs the terminal, which we have: gives it to CMD and continues CMD. */
bool terminal_gives(struct terminal *terminal);
/*
 * Takes our terminal for something else, with the settings that it had; false: we are a job in the background. Gives it
 * back to CMD, which is asked to draw its screen again, as after a change of its size.
 */
bool terminal_pause(struct terminal *terminal);
void terminal_unpause(struct terminal *terminal);
/* Our terminal has gone away. */
void terminal_hang_up(struct terminal *terminal);
/* Before tsem is stopped, and after. */
void terminal_release(struct terminal *terminal);
void terminal_resume(struct terminal *terminal);
void terminal_resize(const struct terminal *terminal);
/* A key at our terminal while it is not raw: signals the foreground of CMD's terminal. */
void terminal_key(const struct terminal *terminal, int signal);
/* Signals CMD's process group; false: it no longer exists. */
bool terminal_signal_all(const struct terminal *terminal, int signal);
/* All output of CMD is written, and the terminal is restored. */
void terminal_end(struct terminal *terminal);

#endif
