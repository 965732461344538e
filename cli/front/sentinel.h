/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A process that only receives signals to the whole process group. If it got a signal, CMD got it too. If it did not,
 * the signal was for the started process alone.
 */
#ifndef TSEM_CLI_SENTINEL_H
#define TSEM_CLI_SENTINEL_H

#include <stdbool.h>
#include <sys/types.h>

struct sentinel {
	pid_t pid; /* 0: there is no sentinel */
	int take; /* written: a signal to be taken */
	int taken; /* read: it was */
};

void sentinel_start(struct sentinel *ret_sentinel);
/* Whether the signal was sent to the group. Call it once for each signal. */
bool sentinel_got(const struct sentinel *sentinel, int signal);
void sentinel_end(struct sentinel *sentinel);

#endif
