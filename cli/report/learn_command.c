/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "learn_command.h"

static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,@%+-")];
}

static bool is_printable(const char *word)
{
	for (; *word; word++)
		if (*word < ' ' || *word > '~')
			return false;
	return true;
}

/* Writes text that is not plain ASCII as $'...', which bash, zsh and others understand. */
static void quote(const char *word, struct tsem_buffer *buffer)
{
	if (is_plain(word)) {
		tsem_buffer_printf(buffer, " %s", word);
	} else if (is_printable(word)) {
		tsem_buffer_printf(buffer, " '");
		for (; *word; word++)
			tsem_buffer_printf(buffer, *word == '\'' ? "'\\''" : "%c", *word);
		tsem_buffer_printf(buffer, "'");
	} else {
		tsem_buffer_printf(buffer, " $'");
		for (; *word; word++)
			tsem_buffer_printf(buffer, *word < ' ' || *word > '~' || strchr("'\\", *word) ? "\\%03o" : "%c",
					   (unsigned char)*word);
		tsem_buffer_printf(buffer, "'");
	}
}

static void add_pattern(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	struct tsem_buffer text = {};

	tsem_pattern_format(rule, &text);
	tsem_buffer_printf(buffer, " --pattern");
	quote(text.data ? text.data : "", buffer);
	tsem_buffer_deinit(&text);
}

void learn_command_format(const struct invocation *v, const struct tsem_name_rule *accepted, size_t count,
			  const struct tsem_proposals *proposals, const struct tsem_proposals *local,
			  struct tsem_buffer *buffer)
{
	tsem_buffer_printf(buffer, "tsem learn");
	for (size_t i = 0; i < v->given_count; i++) {
		tsem_buffer_printf(buffer, " --%s", v->command->options[v->given[i].option].name);
		if (v->command->options[v->given[i].option].kind != ARGUMENT_FLAG)
			quote(v->given[i].value, buffer);
	}
	/* Behind those that were given: they are applied in this order. */
	for (size_t i = 0; i < count; i++)
		add_pattern(&accepted[i], buffer);
	for (size_t i = 0; i < proposals->count; i++)
		add_pattern(&proposals->rules[i].rule, buffer);
	for (size_t i = 0; i < local->count; i++)
		add_pattern(&local->rules[i].rule, buffer);
	tsem_buffer_printf(buffer, " --");
	for (size_t i = 0; i < v->operand_count; i++)
		quote(v->operands[i], buffer);
}
