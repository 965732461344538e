/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_LEARN_COMMAND_H
#define TSEM_CLI_LEARN_COMMAND_H

#include "../frame/cmd.h"

/*
 * Appends the command line of the invocation with the patterns that were accepted and those that are proposed, to be
 * copied into a shell.
 */
void learn_command_format(const struct invocation *invocation, const struct tsem_name_rule *accepted, size_t count,
			  const struct tsem_proposals *proposals, const struct tsem_proposals *local,
			  struct tsem_buffer *buffer);

#endif
