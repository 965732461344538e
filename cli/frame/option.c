/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Options of a command come before "--" or, for a command that runs a workload,
 * before its first word; everything from there on is the workload's.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "../text/text.h"

#define CHOICES_MAX 16

/* Where the parser is in the words of the command line. */
struct parser {
	struct invocation *invocation;
	char **words;
	char **operands;
	size_t count; /* of operands */
};

const char *invocation_value(const struct invocation *invocation, unsigned option)
{
	return invocation->values[option];
}

const char *invocation_next(const struct invocation *invocation, unsigned option, size_t *cursor)
{
	while (*cursor < invocation->given_count) {
		const struct given *given = &invocation->given[(*cursor)++];

		if (given->option == option)
			return given->value;
	}
	return NULL;
}

bool invocation_given(const struct invocation *invocation, unsigned option)
{
	return invocation->values[option] != NULL;
}

unsigned long invocation_number(const struct invocation *invocation, unsigned option, unsigned long otherwise)
{
	const char *value = invocation->values[option];

	return value ? strtoul(value, NULL, 10) : otherwise;
}

bool invocation_is(const struct invocation *invocation, unsigned option, const char *word)
{
	const char *value = invocation->values[option];

	return value && strcmp(value, word) == 0;
}

int usage_error(const struct invocation *invocation, const char *format, ...)
{
	char text[sizeof(invocation->error->text)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tsem_error_set(invocation->error, EINVAL, "%s", text);
	return STATUS_USAGE;
}

static int unknown_command(const struct invocation *invocation, const char *word)
{
	const char *names[64], *nearest;
	size_t count;

	for (count = 0; commands[count].name && count < 64; count++)
		names[count] = commands[count].name;
	nearest = text_nearest(word, names, count);
	if (nearest)
		return usage_error(invocation, "'%s' is not a command; did you mean '%s'?", word, nearest);
	return usage_error(invocation, "'%s' is not a command; `tsem help` lists them", word);
}

static int unknown_option(const struct invocation *invocation, const char *word)
{
	const struct command *command = invocation->command;
	const char *names[OPTIONS_MAX + 1], *nearest = NULL;
	size_t count = 0, i;

	for (i = 0; command->options[i].name; i++) {
		if (command->options[i].presence != PRESENCE_HIDDEN)
			names[count++] = command->options[i].name;
	}
	names[count++] = "help";
	if (strncmp(word, "--", 2) == 0)
		nearest = text_nearest(word + 2, names, count);
	if (nearest)
		return usage_error(invocation, "`tsem %s` has no option %s; did you mean --%s?", command->name, word,
				   nearest);
	return usage_error(invocation, "`tsem %s` has no option %s; `tsem help %s` lists its options", command->name,
			   word, command->name);
}

static bool has_choice(const char *list, const char *word, size_t size)
{
	for (;; list += text_choice(list) + 1) {
		if (text_choice(list) == size && memcmp(list, word, size) == 0)
			return true;
		if (list[text_choice(list)] == '\0')
			return false;
	}
}

static int wrong_choice(const struct invocation *invocation, const char *what, const char *list, const char *word,
			size_t size)
{
	const char *words[CHOICES_MAX] = {}, *nearest, *rest = list;
	char copies[CHOICES_MAX][32], given[32];
	size_t count;

	for (count = 0; *rest && count < CHOICES_MAX; count++) {
		snprintf(copies[count], sizeof(copies[count]), "%.*s", (int)text_choice(rest), rest);
		words[count] = copies[count];
		rest += text_choice(rest);
		rest += *rest == '|';
	}
	snprintf(given, sizeof(given), "%.*s", (int)size, word);
	nearest = text_nearest(given, words, count);
	if (nearest)
		return usage_error(invocation, "%s cannot be '%.*s'; did you mean '%s'?", what, (int)size, word,
				   nearest);
	return usage_error(invocation, "%s cannot be '%.*s'; it is %s%s", what, (int)size, word,
			   count > 1 ? "one of " : "", list);
}

static int check_choice(const struct invocation *invocation, const char *what, const char *list, const char *word)
{
	return has_choice(list, word, strlen(word)) ? 0 : wrong_choice(invocation, what, list, word, strlen(word));
}

static int check_choices(const struct invocation *invocation, const char *what, const char *list, const char *words)
{
	const char *word = words, *other;
	size_t size;

	for (;; word += size + 1) {
		size = strcspn(word, ",");
		if (!has_choice(list, word, size))
			return wrong_choice(invocation, what, list, word, size);
		for (other = words; other < word; other += strcspn(other, ",") + 1)
			if (strcspn(other, ",") == size && memcmp(other, word, size) == 0)
				return usage_error(invocation, "%s has '%.*s' twice", what, (int)size, word);
		if (word[size] == '\0')
			return 0;
	}
}

static int check_number(const struct invocation *invocation, const char *what, unsigned long long limit,
			const char *word)
{
	unsigned long long number;

	errno = 0;
	number = strtoull(word, NULL, 10);
	if (*word == '\0' || word[strspn(word, "0123456789")] || errno || number < 1 || number > limit)
		return usage_error(invocation, "%s cannot be '%s'; it is a number from 1 to %llu", what, word, limit);
	return 0;
}

static int set_option(struct invocation *invocation, const struct option_row *row, const char *value)
{
	unsigned option = row - invocation->command->options;
	char what[64];

	snprintf(what, sizeof(what), "--%s", row->name);
	invocation->values[option] = value;
	invocation->given[invocation->given_count++] = (struct given){option, value};
	if (row->kind == ARGUMENT_CHOICE)
		return check_choice(invocation, what, row->argument, value);
	if (row->kind == ARGUMENT_CHOICES)
		return check_choices(invocation, what, row->argument, value);
	if (row->kind == ARGUMENT_NUMBER)
		return check_number(invocation, what, UINT32_MAX, value);
	if (row->kind == ARGUMENT_LARGE)
		return check_number(invocation, what, UINT64_MAX, value);
	if (row->kind != ARGUMENT_FLAG && *value == '\0')
		return usage_error(invocation, "%s needs a value: %s", what, row->argument);
	return 0;
}

/* The next word as the value of an option; NULL when there is no next word. */
static char *take_word(struct parser *parser)
{
	return *parser->words ? *parser->words++ : NULL;
}

static int parse_long(struct parser *parser, char *word)
{
	struct invocation *invocation = parser->invocation;
	const struct option_row *row;
	size_t length = strcspn(word + 2, "=");
	char *value = word[2 + length] ? word + 3 + length : NULL;

	if (strcmp(word, "--help") == 0) {
		invocation->help = true;
		return 0;
	}
	for (row = invocation->command->options; row->name; row++) {
		if (strlen(row->name) == length && memcmp(row->name, word + 2, length) == 0)
			break;
	}
	if (!row->name) {
		word[2 + length] = '\0';
		return unknown_option(invocation, word);
	}
	if (row->kind == ARGUMENT_FLAG)
		return value ? usage_error(invocation, "--%s takes no value", row->name) :
			       set_option(invocation, row, "");
	if (!value)
		value = take_word(parser);
	if (!value)
		return usage_error(invocation, "--%s needs a value: %s", row->name, row->argument);
	return set_option(invocation, row, value);
}

/* Letters after one dash: flags may be joined, and a value may follow at once. */
static int parse_letters(struct parser *parser, char *word)
{
	struct invocation *invocation = parser->invocation;
	const struct option_row *row;
	char *letter, *value;
	char name[3] = "-";
	int status;

	for (letter = word + 1; *letter; letter++) {
		if (*letter == 'h') {
			invocation->help = true;
			continue;
		}
		for (row = invocation->command->options; row->name && row->letter != *letter; row++)
			;
		name[1] = *letter;
		if (!row->name)
			return unknown_option(invocation, (unsigned char)*letter < 0x80 ? name : word);
		if (row->kind != ARGUMENT_FLAG) {
			value = letter[1] ? letter + 1 : take_word(parser);
			if (!value)
				return usage_error(invocation, "-%c needs a value: %s", *letter, row->argument);
			return set_option(invocation, row, value);
		}
		status = set_option(invocation, row, "");
		if (status)
			return status;
	}
	return 0;
}

static int parse_words(struct parser *parser)
{
	struct invocation *invocation = parser->invocation;
	bool options = true;
	char *word;
	int status;

	while ((word = take_word(parser))) {
		status = 0;
		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && strncmp(word, "--", 2) == 0)
			status = parse_long(parser, word);
		else if (options && word[0] == '-' && word[1])
			status = parse_letters(parser, word);
		else
			parser->operands[parser->count++] = word;
		if (status)
			return status;
		if (parser->count && command_has_workload(invocation->command)) {
			while ((word = take_word(parser)))
				parser->operands[parser->count++] = word;
		}
	}
	invocation->operand_count = parser->count;
	return 0;
}

void command_usage(const struct command *command, struct tsem_buffer *buffer)
{
	const struct operand_row *operand;
	const struct option_row *row;
	bool optional = false;

	tsem_buffer_printf(buffer, "tsem %s", command->name);
	for (row = command->options; row->name; row++) {
		if (row->presence == PRESENCE_REQUIRED)
			tsem_buffer_printf(buffer, " --%s %s", row->name, row->argument);
		optional |= row->presence == PRESENCE_OPTIONAL;
	}
	if (optional)
		tsem_buffer_printf(buffer, " [OPTION...]");
	for (operand = command->operands; operand->name; operand++) {
		if (operand->kind == ARGUMENT_WORKLOAD && operand->presence == PRESENCE_OPTIONAL)
			tsem_buffer_printf(buffer, " [[--] %s [ARG...]]", operand->name);
		else if (operand->kind == ARGUMENT_WORKLOAD)
			tsem_buffer_printf(buffer, " [--] %s [ARG...]", operand->name);
		else if (operand->presence == PRESENCE_MANY)
			tsem_buffer_printf(buffer, " %s...", operand->name);
		else if (operand->presence == PRESENCE_OPTIONAL)
			tsem_buffer_printf(buffer, " [%s]", operand->name);
		else
			tsem_buffer_printf(buffer, " %s", operand->name);
	}
}

static int check_operands(const struct invocation *invocation)
{
	const struct operand_row *row = invocation->command->operands;
	const char *name = invocation->command->name;
	char what[128];
	int status = 0;
	size_t i;

	for (i = 0; i < invocation->operand_count && status == 0; i++) {
		if (!row->name)
			return usage_error(invocation, "`tsem %s` does not take the argument '%s'; see `tsem help %s`",
					   name, invocation->operands[i], name);
		if (row->kind == ARGUMENT_WORKLOAD)
			return 0;
		snprintf(what, sizeof(what), "an argument after '%s'", i ? invocation->operands[i - 1] : name);
		if (row->kind == ARGUMENT_CHOICE)
			status = check_choice(invocation, what, row->name, invocation->operands[i]);
		else if (row->kind == ARGUMENT_COMMAND && !command_find(invocation->operands[i]))
			status = unknown_command(invocation, invocation->operands[i]);
		row += row->presence != PRESENCE_MANY;
	}
	if (status == 0 && row->name && row->presence == PRESENCE_REQUIRED)
		return usage_error(invocation, "`tsem %s` needs %s; see `tsem help %s`", name, row->name, name);
	return status;
}

static int check_options(const struct invocation *invocation)
{
	const struct option_row *row;

	for (row = invocation->command->options; row->name; row++) {
		if (row->presence == PRESENCE_REQUIRED && !invocation->values[row - invocation->command->options])
			return usage_error(invocation, "`tsem %s` needs --%s %s; see `tsem help %s`",
					   invocation->command->name, row->name, row->argument,
					   invocation->command->name);
	}
	return 0;
}

/* No command line has more options than letters. */
static size_t count_letters(char **words)
{
	size_t count = 0;

	while (*words)
		count += strlen(*words++);
	return count;
}

void invocation_deinit(struct invocation *invocation)
{
	free(invocation->operands);
	free(invocation->given);
}

int invocation_parse(int argc, char **argv, struct invocation *ret_invocation)
{
	struct parser parser = {.invocation = ret_invocation, .words = argv + 2};
	const char *word = argv[1];
	int status;

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		word = "version";
	else if (word[0] == '-')
		return usage_error(ret_invocation, "there is no option %s before the command; see `tsem help`", word);
	ret_invocation->command = command_find(word);
	if (!ret_invocation->command)
		return unknown_command(ret_invocation, word);
	parser.operands = calloc(argc, sizeof(*parser.operands));
	ret_invocation->operands = parser.operands;
	ret_invocation->given = calloc(count_letters(argv), sizeof(*ret_invocation->given));
	if (!parser.operands || !ret_invocation->given)
		return tsem_error_set(ret_invocation->error, ENOMEM, "out of memory");
	status = parse_words(&parser);
	if (status || ret_invocation->help)
		return status;
	status = check_options(ret_invocation);
	return status ? status : check_operands(ret_invocation);
}
