/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Completion for zsh and fish: both describe options by themselves, so that all is a table. */
#include <string.h>

#include "completion.h"

/* Text inside single quotes; the characters of special are preceded by a backslash. */
static void print_quoted(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			printf("%s%c", strchr(special, *text) ? "\\" : "", *text);
	}
}

static void print_words(const char *list)
{
	for (; *list; list++)
		putchar(*list == '|' ? ' ' : *list);
}

static void print_commands(void)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		printf("%s%s", command == commands ? "" : " ", command->name);
}

/* ---- zsh -------------------------------------------------------------- */

static void print_zsh_action(enum argument_kind kind, const char *argument)
{
	switch (kind) {
	case ARGUMENT_CHOICE:
	case ARGUMENT_CHOICES:
		putchar('(');
		print_words(argument);
		putchar(')');
		break;
	case ARGUMENT_COMMAND:
		putchar('(');
		print_commands();
		putchar(')');
		break;
	case ARGUMENT_SESSION:
		fputs("_tsem_sessions", stdout);
		break;
	case ARGUMENT_TARGET:
		fputs("_tsem_targets", stdout);
		break;
	case ARGUMENT_FILE:
		fputs("_files", stdout);
		break;
	default:
		putchar(' ');
	}
}

static void print_zsh_option(const struct option_row *row)
{
	bool flag = row->kind == ARGUMENT_FLAG;

	fputs("\t\t'", stdout);
	if (row->letter)
		printf("(-%c --%s)'{-%c%s,--%s%s}'", row->letter, row->name, row->letter, flag ? "" : "+", row->name,
		       flag ? "" : "=");
	else
		printf("--%s%s", row->name, flag ? "" : "=");
	putchar('[');
	print_quoted(row->help, "[]:\\");
	putchar(']');
	if (!flag) {
		putchar(':');
		print_quoted(row->kind == ARGUMENT_CHOICE || row->kind == ARGUMENT_CHOICES ? "value" : row->argument,
			     ":\\");
		putchar(':');
		print_zsh_action(row->kind, row->argument);
	}
	fputs("' \\\n", stdout);
}

static void print_zsh_operand(const struct command *command, const struct operand_row *row)
{
	if (row->kind == ARGUMENT_WORKLOAD) {
		fputs("\t\t'(-)1:command: _command_names -e' '*::arguments: _normal' \\\n", stdout);
		return;
	}
	if (row->presence == PRESENCE_MANY)
		printf("\t\t'*:%s:", row->name);
	else
		printf("\t\t'%d:%s:", (int)(row - command->operands) + 1,
		       row->kind == ARGUMENT_CHOICE ? "word" : row->name);
	print_zsh_action(row->kind, row->name);
	fputs("' \\\n", stdout);
}

static void print_zsh_command(const struct command *command)
{
	const struct operand_row *operand;
	const struct option_row *row;

	printf("\t%s)\n\t\t_arguments -s -S%s \\\n", command->name, command_has_workload(command) ? " -A '-*'" : "");
	for (row = command->options; row->name; row++) {
		if (row->presence != PRESENCE_HIDDEN)
			print_zsh_option(row);
	}
	for (operand = command->operands; operand->name; operand++)
		print_zsh_operand(command, operand);
	fputs("\t\t'(- *)'{-h,--help}'[explain this command]'\n\t\t;;\n", stdout);
}

void completion_print_zsh(void)
{
	const struct command *command;

	fputs("#compdef tsem\n\n"
	      "_tsem_sessions() {\n\tlocal -a names=(${(f)\"$(tsem ps --all --quiet 2>/dev/null)\"})\n"
	      "\tcompadd -a names\n}\n\n"
	      "_tsem_targets() {\n\t_tsem_sessions\n\t_files\n}\n\n"
	      "_tsem() {\n\tlocal curcontext=$curcontext state line\n\tlocal -a names=(\n",
	      stdout);
	for (command = commands; command->name; command++) {
		printf("\t\t'%s:", command->name);
		print_quoted(command->summary, ":\\");
		fputs("'\n", stdout);
	}
	fputs("\t)\n\n\t_arguments -C '(- *)'{-h,--help}'[list the commands]' "
	      "'(- *)'--version'[print the version]' \\\n\t\t'1: :->name' '*:: :->rest'\n"
	      "\tif [[ $state == name ]]; then\n\t\t_describe command names\n\t\treturn\n\tfi\n"
	      "\t[[ $state == rest ]] || return\n\tcase $words[1] in\n",
	      stdout);
	for (command = commands; command->name; command++)
		print_zsh_command(command);
	fputs("\tesac\n}\n\n"
	      "if [[ $funcstack[1] == _tsem ]]; then\n\t_tsem \"$@\"\nelse\n\tcompdef _tsem tsem\nfi\n",
	      stdout);
}

/* ---- fish ------------------------------------------------------------- */

static void print_fish_arguments(enum argument_kind kind, const char *argument)
{
	if (kind == ARGUMENT_CHOICE || kind == ARGUMENT_CHOICES) {
		fputs(" -x -a '", stdout);
		print_words(argument);
		putchar('\'');
	} else if (kind == ARGUMENT_COMMAND) {
		fputs(" -x -a '", stdout);
		print_commands();
		putchar('\'');
	} else if (kind == ARGUMENT_SESSION) {
		fputs(" -x -a '(tsem ps --all --quiet 2>/dev/null)'", stdout);
	} else if (kind == ARGUMENT_TARGET) {
		fputs(" -F -a '(tsem ps --all --quiet 2>/dev/null)'", stdout);
	} else if (kind == ARGUMENT_FILE) {
		fputs(" -r -F", stdout);
	} else if (kind == ARGUMENT_WORKLOAD) {
		fputs(" -F -a '(__fish_complete_subcommand --fcs-skip=2)'", stdout);
	} else if (kind != ARGUMENT_FLAG) {
		fputs(" -x", stdout);
	}
}

static void print_fish_command(const struct command *command)
{
	const struct operand_row *operand;
	const struct option_row *row;

	printf("complete -c tsem -n __fish_use_subcommand -a %s -d '", command->name);
	print_quoted(command->summary, "");
	fputs("'\n", stdout);
	for (row = command->options; row->name; row++) {
		if (row->presence == PRESENCE_HIDDEN)
			continue;
		printf("complete -c tsem -n '__fish_seen_subcommand_from %s' -l %s", command->name, row->name);
		if (row->letter)
			printf(" -s %c", row->letter);
		print_fish_arguments(row->kind, row->argument);
		fputs(" -d '", stdout);
		print_quoted(row->help, "");
		fputs("'\n", stdout);
	}
	for (operand = command->operands; operand->name; operand++) {
		printf("complete -c tsem -n '__fish_seen_subcommand_from %s'", command->name);
		print_fish_arguments(operand->kind, operand->name);
		putchar('\n');
	}
}

void completion_print_fish(void)
{
	const struct command *command;

	fputs("# fish completion for tsem; to have it at once: tsem completion fish | source\n"
	      "complete -c tsem -f\n"
	      "complete -c tsem -s h -l help -d 'explain this command'\n"
	      "complete -c tsem -n __fish_use_subcommand -l version -d 'print the version'\n",
	      stdout);
	for (command = commands; command->name; command++)
		print_fish_command(command);
}
