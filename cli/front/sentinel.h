/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A process that does nothing but get what is sent to the whole process group.
 * A signal that it got too reached CMD without us; one that it did not get was
 * for the process that was started alone.
 */
#ifndef TSEM_CLI_SENTINEL_H
#define TSEM_CLI_SENTINEL_H

#include <stdbool.h>
#include <sys/types.h>

struct sentinel {
	pid_t pid; /* 0: there is none */
	int take; /* written: a signal to be taken */
	int taken; /* read: it was */
};

void sentinel_start(struct sentinel *ret_sentinel);
/* Whether it was sent to the group. To be asked once for each signal. */
bool sentinel_got(const struct sentinel *sentinel, int signal);
void sentinel_end(struct sentinel *sentinel);

#endif
