/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A process inherits more from its parent than arguments and environment: closed descriptors, ignored and blocked
 * signals, limits, the umask. tsem works the same way in every case, and CMD gets all of it unchanged.
 */
#ifndef TSEM_LIB_INHERITED_H
#define TSEM_LIB_INHERITED_H

#include <stdbool.h>
#include <sys/types.h>

#include "../tsem.h"

/*
 * Must run first: a file that is opened later must not become standard error. CMD still finds these descriptors closed.
 */
void inherited_open_standard(void);
/*
 * Of a process that stays when its command has ended: the limits on which tsem must not depend. A limit that may not be
 * raised freely is raised as far as it may.
 */
void inherited_raise_limits(void);
/* Once, at the beginning of a command that starts a workload: afterwards tsem does not depend on any of it. */
void inherited_take(void);
/*
 * Claims the file of a word on the command line (fd:N or a path) for tsem. CMD must not inherit a descriptor of it: CMD
 * could answer in the agent's place, or write to tsem's output. A line to an agent that is CMD's standard input or
 * output cannot be kept from CMD, so it is refused.
 */
int inherited_claim(const char *word, struct tsem_error *error);
/* Blocks every signal that can be blocked. The caller reads them: inherited_signals(). */
void inherited_hold_signals(void);
/* A non-blocking descriptor from which all signals are read, or a negative errno. */
int inherited_signals(void);
bool inherited_ignored(int signal);
/*
 * In a child that is about to become CMD: restores everything except the limits, which are set last and from outside.
 */
void inherited_give(void);
/*
 * Passes the limits to another process, CMD, which needs the raised ones until just before it starts. -EINVAL: this
 * process, or the one that it was forked from, has not called inherited_take().
 */
int inherited_give_limits(pid_t pid);

#endif
