/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "verb.h"

/* The option does not belong to this verb: names the verbs that have it. */
static int foreign_option(const struct invocation *v, const struct verb *verbs, const struct verb *verb,
			  unsigned option)
{
	const char *command = v->command->name;
	struct tsem_buffer owners = {0};
	int status;

	for (; verbs->name; verbs++)
		if ((verbs->required | verbs->optional) & 1u << option)
			tsem_buffer_printf(&owners, "%s%s", owners.size ? ", " : "", verbs->name);
	status = usage_error(v, "`tsem %s %s` does not take --%s, which is for %s; see `tsem help %s`", command,
			     verb->name, v->command->options[option].name, owners.size ? owners.data : "no other",
			     command);
	tsem_buffer_deinit(&owners);
	return status;
}

static int check_options(const struct invocation *v, const struct verb *verbs, const struct verb *verb)
{
	const struct option_row *rows = v->command->options;

	for (unsigned option = 0; rows[option].name; option++) {
		if (invocation_given(v, option) && !((verb->required | verb->optional) & 1u << option))
			return foreign_option(v, verbs, verb, option);
		if (!invocation_given(v, option) && verb->required & 1u << option)
			return usage_error(v, "`tsem %s %s` needs --%s%s%s; see `tsem help %s`", v->command->name,
					   verb->name, rows[option].name, rows[option].argument ? " " : "",
					   rows[option].argument ? rows[option].argument : "", v->command->name);
	}
	return 0;
}

static int check_words(const struct invocation *v, const struct verb *verb)
{
	const char *command = v->command->name;

	if (v->operand_count - 1 < verb->least)
		return usage_error(v, "`tsem %s %s` needs %s; see `tsem help %s`", command, verb->name, verb->words,
				   command);
	if (v->operand_count - 1 > verb->most)
		return usage_error(v, "`tsem %s %s` does not take the argument '%s'; it needs %s; see `tsem help %s`",
				   command, verb->name, v->operands[1 + verb->most], verb->words, command);
	return 0;
}

int verb_run(const struct invocation *v, const struct verb *verbs)
{
	const struct verb *verb = verbs;
	int status;

	while (verb->name && strcmp(verb->name, v->operands[0]))
		verb++;
	if (!verb->name)
		return usage_error(v, "there is no `tsem %s %s`", v->command->name, v->operands[0]);
	status = check_options(v, verbs, verb);
	if (!status)
		status = check_words(v, verb);
	return status ? status : verb->run(v);
}
