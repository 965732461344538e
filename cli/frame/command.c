/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* commands.def as tables. */
#include <string.h>

#include "cmd.h"

#define TSEM_STATUS(command, status, meaning)
#define TSEM_OPERAND(command, name, kind, presence)

#define TSEM_COMMAND(name, summary, example, text) static const struct option_row name##_options[] = {
#define TSEM_OPTION(command, key, name, letter, kind, presence, argument, help) \
	{name, letter, ARGUMENT_##kind, PRESENCE_##presence, argument, help},
#define TSEM_END(command) \
	{ \
		.name = NULL \
	} \
	} \
	; \
	_Static_assert(OPTION_COUNT_##command <= OPTIONS_MAX, #command);
#include "commands.def"
#undef TSEM_COMMAND
#undef TSEM_OPTION
#undef TSEM_OPERAND
#undef TSEM_END

#define TSEM_COMMAND(name, summary, example, text) static const struct operand_row name##_operands[] = {
#define TSEM_OPTION(command, key, name, letter, kind, presence, argument, help)
#define TSEM_OPERAND(command, name, kind, presence) {name, ARGUMENT_##kind, PRESENCE_##presence},
#define TSEM_END(command) \
	{ \
		.name = NULL \
	} \
	} \
	;
#include "commands.def"
#undef TSEM_COMMAND
#undef TSEM_OPERAND
#undef TSEM_STATUS

#define TSEM_COMMAND(name, summary, example, text) static const struct status_row name##_statuses[] = {
#define TSEM_OPERAND(command, name, kind, presence)
#define TSEM_STATUS(command, status, meaning) {status, meaning},
#undef TSEM_END
#define TSEM_END(command) \
	{ \
		.status = NULL \
	} \
	} \
	;
#include "commands.def"
#undef TSEM_COMMAND
#undef TSEM_STATUS
#undef TSEM_END

#define TSEM_COMMAND(name, summary, example, text) \
	{#name, summary, example, text, name##_options, name##_operands, name##_statuses, cmd_##name},
#define TSEM_STATUS(command, status, meaning)
#define TSEM_END(command)
const struct command commands[] = {
#include "commands.def"
	{.name = NULL}};

const struct command *command_find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}

int command_option(const struct command *command, const char *name)
{
	const struct option_row *row;

	for (row = command->options; row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row - command->options;
	}
	return -1;
}

bool command_has_workload(const struct command *command)
{
	const struct operand_row *operand;

	for (operand = command->operands; operand->name; operand++) {
		if (operand->kind == ARGUMENT_WORKLOAD)
			return true;
	}
	return false;
}
