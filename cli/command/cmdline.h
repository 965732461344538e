/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_CMDLINE_H
#define TSEM_CLI_CMDLINE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * What the process shows as its command line; -1 when there is none, -EAGAIN when it does not come at once. A process can make this look wait for
 * ever: another thread does it, and who asks waits for a few milliseconds. As long as one look has not come back there is no other.
 */
ssize_t cmdline_read(pid_t pid, char *bytes, size_t size);
/* Whether a look is still on its way. */
bool cmdline_stuck(void);

#endif
