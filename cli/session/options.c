/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* NULL: the command has no such option, or it was not given. */
static const char *value_of(const struct invocation *v, const char *name)
{
	int option = command_option(v->command, name);

	return option < 0 ? NULL : invocation_value(v, option);
}

/* The present meaning of a word of an earlier version. */
static const char *current_word(const char *name, const char *value)
{
	return value && !strcmp(name, "events") && !strcmp(value, "core") ? "default" : value;
}

bool options_all_events(const struct invocation *v)
{
	const char *value = value_of(v, "events");

	if (value && !strcmp(value, "core"))
		fputs("tsem: --events core is now called default, and has more events than before\n", stderr);
	return value && !strcmp(value, "all");
}

/* The first word of a choice; for lists, a portable model has all normalisers and an exact one none. */
static tsem_u32 default_of(const struct invocation *v, const struct tsem_option *option, tsem_u32 before)
{
	if (!option->list)
		return option->words[0].value;
	if (option->mask != TSEM_NORMALISE_ALL || command_option(v->command, option->name) < 0)
		return 0;
	return before & TSEM_OPTION_PORTABLE ? TSEM_NORMALISE_ALL : 0;
}

static int add_option(const struct invocation *v, const struct tsem_option *option, tsem_u32 *options)
{
	const char *value = current_word(option->name, value_of(v, option->name));
	tsem_u32 bits = 0;

	if (!value)
		bits = default_of(v, option, *options);
	else if (!(option->list && !strcmp(value, "none")) && tsem_option_parse(option, value, strlen(value), &bits))
		return usage_error(v, "--%s cannot be '%s': none excludes other words", option->name, value);
	*options |= bits;
	return 0;
}

int options_words(const struct invocation *v, tsem_u32 *ret_options)
{
	const struct tsem_option *option;
	tsem_u32 options = 0;
	int r = 0;

	options_all_events(v);
	for (unsigned i = 0; !r && (option = tsem_option_at(i)); i++)
		r = add_option(v, option, &options);
	if (!r)
		*ret_options = options;
	return r;
}

static int add_patterns(const struct invocation *v, struct tsem_model *model)
{
	int option = command_option(v->command, "pattern");
	struct tsem_name_rule rule;
	size_t cursor = 0;
	const char *text;

	while (option >= 0 && (text = invocation_next(v, option, &cursor))) {
		if (tsem_pattern_parse(text, strlen(text), &rule, v->error))
			return usage_error(v, "--pattern: %s", v->error->text);
		if (tsem_model_add_pattern(model, &rule) == -ENOSPC)
			return usage_error(v, "at most %d patterns can be given", TSEM_NAME_RULES);
	}
	return 0;
}

int options_modeling(const struct invocation *v, struct tsem_model *model)
{
	int r = options_words(v, &model->options);

	return r ? r : add_patterns(v, model);
}

/*
 * A word that does not stand for an action ends it here: nothing else is done in its place. Who only observes gets each
 * event outside the model once and for itself: nothing is untrusted, because what follows would be hidden behind it.
 */
int options_action(const struct invocation *v, const struct tsem_model *model, tsem_u32 mode, tsem_u32 *ret_action)
{
	const char *word = value_of(v, "on-violation");

	*ret_action = mode != TSEM_MODE_ENFORCING ? TSEM_ACTION_LOG :
		      model->has_action		  ? model->action :
						    TSEM_ACTION_UNTRUST;
	if (word && tsem_action_parse(word, strlen(word), ret_action))
		return usage_error(v, "--on-violation cannot be '%s'", word);
	return 0;
}

bool options_modeling_given(const struct invocation *v)
{
	const struct tsem_option *option;
	bool given = value_of(v, "pattern");

	for (unsigned i = 0; (option = tsem_option_at(i)); i++)
		given |= value_of(v, option->name) != NULL;
	return given;
}
