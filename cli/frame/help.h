/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_HELP_H
#define TSEM_CLI_HELP_H

#include "cmd.h"

/* The list of commands. */
int help_print_list(FILE *file);
/* Everything about one command. */
int help_print(const struct command *command, FILE *file);
/* The manual page in roff, of tsem(1) itself when command is NULL. */
int manual_print(const struct command *command, FILE *file);

/* Exit statuses that every command has; the last one has no meaning. */
size_t help_statuses(const struct command *command, struct status_row *ret_rows, size_t limit);

#endif
