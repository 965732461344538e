/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Completion scripts: fixed shell functions, and tables that are expanded from the commands. */
#include <string.h>

#include "../frame/completion.h"

/* The words of a list "a|b|c", separated by spaces. */
static void print_words(const char *list)
{
	for (; *list; list++)
		putchar(*list == '|' ? ' ' : *list);
}

static void print_names(void)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		printf("%s%s", command == commands ? "" : " ", command->name);
}

/* Shell code that completes one argument, in bash. */
static void print_bash_action(enum argument_kind kind, const char *argument)
{
	switch (kind) {
	case ARGUMENT_CHOICE:
	case ARGUMENT_CHOICES:
		fputs("_tsem_words '", stdout);
		print_words(argument);
		fputs("'", stdout);
		break;
	case ARGUMENT_COMMAND:
		fputs("_tsem_words '", stdout);
		print_names();
		fputs("'", stdout);
		break;
	case ARGUMENT_SESSION:
		fputs("_tsem_sessions", stdout);
		break;
	case ARGUMENT_TARGET:
		fputs("_tsem_sessions; _tsem_files", stdout);
		break;
	case ARGUMENT_FILE:
		fputs("_tsem_files", stdout);
		break;
	default:
		fputs(":", stdout);
	}
}

static void print_bash_values(const struct command *command)
{
	const struct option_row *row;

	for (row = command->options; row->name; row++) {
		if (row->kind == ARGUMENT_FLAG)
			continue;
		printf("\t'%s --%s'", command->name, row->name);
		if (row->letter)
			printf(" | '%s -%c'", command->name, row->letter);
		fputs(") ", stdout);
		print_bash_action(row->kind, row->argument);
		fputs(" ;;\n", stdout);
	}
}

static void print_bash_operands(const struct command *command)
{
	const struct operand_row *row;

	for (row = command->operands; row->name; row++) {
		if (row->kind == ARGUMENT_WORKLOAD)
			continue;
		if (row->presence == PRESENCE_MANY)
			printf("\t'%s '*) ", command->name);
		else
			printf("\t'%s %d') ", command->name, (int)(row - command->operands));
		print_bash_action(row->kind, row->name);
		fputs(" ;;\n", stdout);
	}
}

/* Assigns what the loop over the words needs to know of a command. */
static void print_bash_command(const struct command *command)
{
	const struct option_row *row;

	printf("\t%s)\n\t\toptions='", command->name);
	for (row = command->options; row->name; row++) {
		if (row->presence != PRESENCE_HIDDEN)
			printf("--%s ", row->name);
	}
	fputs("--help'\n\t\tvalued=' ", stdout);
	for (row = command->options; row->name; row++) {
		if (row->kind == ARGUMENT_FLAG)
			continue;
		printf("--%s ", row->name);
		if (row->letter)
			printf("-%c ", row->letter);
	}
	printf("'\n\t\tworkload=%s\n\t\t;;\n", command_has_workload(command) ? "1" : "");
}

static void print_bash(void)
{
	const struct command *command;

	fputs(completion_bash_head, stdout);
	fputs("_tsem_command() {\n\tcase $1 in\n", stdout);
	for (command = commands; command->name; command++)
		print_bash_command(command);
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n_tsem_value() {\n\tcase \"$1 $2\" in\n", stdout);
	for (command = commands; command->name; command++)
		print_bash_values(command);
	fputs("\tesac\n}\n\n_tsem_operand() {\n\tcase \"$1 $2\" in\n", stdout);
	for (command = commands; command->name; command++)
		print_bash_operands(command);
	fputs("\tesac\n}\n\n_tsem_names='", stdout);
	print_names();
	fputs(" --help --version'\n\n", stdout);
	fputs(completion_bash_tail, stdout);
}

int cmd_completion(const struct invocation *invocation)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", print_bash}, {"zsh", completion_print_zsh}, {"fish", completion_print_fish}};

	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		if (strcmp(shells[i].name, invocation->operands[0]) == 0)
			shells[i].print();
	return 0;
}
