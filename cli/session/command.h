/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Other people's commands, run to their end. */
#ifndef TSEM_CLI_SESSION_COMMAND_H
#define TSEM_CLI_SESSION_COMMAND_H

#include "../../lib/tsem.h"

/*
 * Runs argv, found in PATH, with nothing on standard input. Returns its status as a shell says it, or a negative errno when
 * it could not be started. output: gets what it writes, at most 1 MiB, and its errors go nowhere; NULL: both go where ours do.
 */
int run_command_of(char *const *argv, struct tsem_buffer *output);
/* The same, but its errors go where ours do. */
int run_command_told(char *const *argv, struct tsem_buffer *output);

#endif
