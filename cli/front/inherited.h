/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process gets from whoever started it, besides words and environment:
 * descriptors that are closed, signals that are ignored or blocked, limits, the
 * umask. tsem works in the same way whatever that is, and CMD gets it as it was.
 */
#ifndef TSEM_CLI_INHERITED_H
#define TSEM_CLI_INHERITED_H

#include <stdbool.h>
#include <sys/types.h>

#include "../../lib/tsem.h"

/* First of all: a file that is opened later must not become what errors are written to. CMD finds closed what was. */
void inherited_open_standard(void);
/* Once, by a command that starts a workload, before it does anything: from here on tsem does not depend on it. */
void inherited_take(void);
/*
 * What a word of the command line leads to, by fd:N or by a path, is ours: no descriptor that was inherited may take it
 * to CMD, which would speak in our place on the line to the agent, or write to what we write. A line to an agent that is
 * CMD's standard input or output cannot be kept from it: refused.
 */
int inherited_claim(const char *word, struct tsem_error *error);
/* Blocks every signal that can be blocked. Whoever holds them reads them: inherited_signals(). */
void inherited_hold_signals(void);
/* A descriptor, not blocking, from which all signals are read, or a negative errno. */
int inherited_signals(void);
bool inherited_ignored(int signal);
/* In a child that is about to become CMD: all but the limits, which come last and from outside. */
void inherited_give(void);
/* Another process gets them: CMD, which still needs what they may forbid until just before it starts. */
int inherited_give_limits(pid_t pid);

#endif
