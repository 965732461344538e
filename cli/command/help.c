/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/help.h"

static int print_names(void)
{
	for (const struct command *command = commands; command->name; command++)
		puts(command->name);
	return 0;
}

int cmd_help(const struct invocation *invocation)
{
	const struct command *command = NULL;

	if (invocation->operand_count)
		command = command_find(invocation->operands[0]);
	if (invocation_given(invocation, OPTION_help_names))
		return print_names();
	if (invocation_given(invocation, OPTION_help_man))
		return manual_print(command, stdout);
	return command ? help_print(command, stdout) : help_print_list(stdout);
}
