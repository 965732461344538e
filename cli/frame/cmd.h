/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frame of every command.
 *
 * A command is a row of commands.def and a function
 *
 *	int cmd_name(const struct invocation *invocation);
 *
 * which finds its options, already checked, in the invocation:
 *
 *	const char *path = invocation_value(invocation, OPTION_run_model);
 *	bool enforce = invocation_given(invocation, OPTION_run_enforce);
 *	bool block = invocation_is(invocation, OPTION_run_on_full, "block");
 *	unsigned long runs = invocation_number(invocation, OPTION_learn_runs, 1);
 *	execvp(invocation->operands[0], invocation->operands);
 *
 * It never prints an error: it fills invocation->error and returns its negative
 * code, which every library function does already:
 *
 *	return tsem_session_open(name, &session, invocation->error);
 *
 * main() prints the error once and exits with 1, or 125 for a command that runs
 * a workload. A return value of 0 or more is the exit status as it is; an error
 * that was filled is printed even then (126, 127). Wrong usage that the table
 * cannot express: return usage_error(invocation, "...").
 *
 * Standard output is flushed and checked by main().
 */
#ifndef TSEM_CLI_CMD_H
#define TSEM_CLI_CMD_H

#include "../../lib/tsem.h"

enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_VIOLATIONS = 3, /* tsem why */
	STATUS_DIFFERENT = 3, /* tsem model diff */
	STATUS_LIMIT = 124, /* as timeout(1): not done within the limit that was given */
	STATUS_TSEM_FAILED = 125 /* where the other numbers are the workload's */
};

enum argument_kind {
	ARGUMENT_FLAG,
	ARGUMENT_TEXT,
	ARGUMENT_NUMBER, /* 1 to 4294967295 */
	ARGUMENT_LARGE, /* 1 to 18446744073709551615 */
	ARGUMENT_FILE,
	ARGUMENT_CHOICE,
	ARGUMENT_CHOICES, /* words of the list, with commas between them, none twice */
	ARGUMENT_SESSION,
	ARGUMENT_TARGET,
	ARGUMENT_COMMAND,
	ARGUMENT_WORKLOAD
};

enum presence { PRESENCE_OPTIONAL, PRESENCE_REQUIRED, PRESENCE_HIDDEN, PRESENCE_MANY };

struct option_row {
	const char *name; /* NULL ends the array, as in the next two */
	char letter;
	enum argument_kind kind;
	enum presence presence;
	const char *argument;
	const char *help;
};

struct operand_row {
	const char *name;
	enum argument_kind kind;
	enum presence presence;
};

struct status_row {
	const char *status;
	const char *meaning;
};

struct invocation;

struct command {
	const char *name;
	const char *summary;
	const char *example;
	const char *text;
	const struct option_row *options; /* OPTION_command_key is the index */
	const struct operand_row *operands;
	const struct status_row *statuses;
	int (*run)(const struct invocation *invocation);
};

#define OPTIONS_MAX 40

struct given {
	unsigned option;
	const char *value;
};

struct invocation {
	const struct command *command;
	const char *values[OPTIONS_MAX];
	struct given *given; /* every option in the order of the command line */
	size_t given_count;
	char **operands; /* ends with NULL; of a workload: CMD and its arguments, untouched */
	size_t operand_count;
	bool help; /* --help was given */
	struct tsem_error *error; /* never NULL */
};

/* All commands; the last one has no name. */
extern const struct command commands[];
const struct command *command_find(const char *name);
bool command_has_workload(const struct command *command);

/* NULL when the option was not given, "" for a flag that was. The last one wins. */
const char *invocation_value(const struct invocation *invocation, unsigned option);
/* The values of an option that may be repeated, from *cursor (0 at first) on; NULL at the end. */
const char *invocation_next(const struct invocation *invocation, unsigned option, size_t *cursor);
bool invocation_given(const struct invocation *invocation, unsigned option);
unsigned long invocation_number(const struct invocation *invocation, unsigned option, unsigned long otherwise);
/* Whether that word was given for the option. */
bool invocation_is(const struct invocation *invocation, unsigned option, const char *word);
/* Index of the command's option of that name; -1 when it has none. */
int command_option(const struct command *command, const char *name);

/* Fills the error; returns the exit status for wrong usage. */
int usage_error(const struct invocation *invocation, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For commands.def: the words of rows of abi/, as the argument of a CHOICE ("a|b|c"), and their meanings. */
#define WORD_BARRED(number, name, word, ...) "|" word
#define CLASS_BARRED(name, word) "|" word
#define WORD_MEANING(number, name, word, text) "; " word ": " text
#define WORDS(rows) (&(rows(WORD_BARRED))[1])
#define CLASSES (&(TSEM_CLASSES(CLASS_BARRED))[1])
#define MEANINGS(rows, more) (&(rows(WORD_MEANING) more)[2])
#define NORMALISERS ("none" TSEM_NORMALISERS(WORD_BARRED))
#define EVENT_SETS (&(TSEM_EVENT_SETS(WORD_BARRED) "|core")[1]) /* an older word for the default set */

#define TSEM_COMMAND(name, summary, example, text) \
	int cmd_##name(const struct invocation *invocation); \
	enum {
#define TSEM_OPERAND(command, name, kind, presence)
#define TSEM_OPTION(command, key, name, letter, kind, presence, argument, help) OPTION_##command##_##key,
#define TSEM_STATUS(command, status, meaning)
#define TSEM_END(command) \
	OPTION_COUNT_##command \
	} \
	;
#include "commands.def"
#undef TSEM_COMMAND
#undef TSEM_OPERAND
#undef TSEM_OPTION
#undef TSEM_STATUS
#undef TSEM_END

#endif
