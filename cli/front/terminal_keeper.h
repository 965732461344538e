/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The leader of CMD's session. With it, CMD's process group is not orphaned, so it stops at Ctrl-Z as under a shell. */
#ifndef TSEM_CLI_TERMINAL_KEEPER_H
#define TSEM_CLI_TERMINAL_KEEPER_H

#include "../../lib/start/starter.h"

#include <stddef.h>

enum keeper_word {
	KEEPER_STATE, /* from it: as waitpid has it */
	KEEPER_FOREGROUND, /* to it: CMD has the terminal */
	KEEPER_BACKGROUND, /* to it: CMD does not */
	KEEPER_CONTINUE, /* to it: CMD goes on */
	KEEPER_END
};

struct keeper_message {
	int word, value;
};

/* In the new process; socket: to the front, which first gets CMD's pid, or a negative errno, with its pidfd. */
void keeper_run(const struct starter *starter, int slave, int socket, bool foreground) __attribute__((noreturn));

#endif
