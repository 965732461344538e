/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_CMDLINE_H
#define TSEM_CLI_CMDLINE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The command line of the process; -1 when it has none, -EAGAIN when it does not come at once. A process can block this
 * read for ever, so another thread reads, and the caller waits a few milliseconds. There is no second read while the
 * first has not returned.
 */
ssize_t cmdline_read(pid_t pid, char *bytes, size_t size);
/* Whether a read has not returned yet. */
bool cmdline_stuck(void);

#endif
