/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_OPTION_H
#define TSEM_CLI_OPTION_H

#include "cmd.h"

/*
 * Finds the command and its options in the words of the command line. The
 * caller has set ret_invocation->error and calls invocation_deinit() afterwards
 * in any case. Returns 0, STATUS_USAGE or a negative errno.
 */
int invocation_parse(int argc, char **argv, struct invocation *ret_invocation);
void invocation_deinit(struct invocation *invocation);

/* Appends "tsem name [OPTION...] OPERANDS". */
void command_usage(const struct command *command, struct tsem_buffer *buffer);

#endif
