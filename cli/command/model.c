/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "../model/verbs.h"

#define HAS(option) (1u << OPTION_model_##option)

struct verb {
	const char *name;
	int (*run)(const struct invocation *invocation);
	const char *words; /* that come after it, for the error */
	unsigned least, most; /* how many */
	unsigned required, optional; /* its options */
};

static const struct verb verbs[] = {
	{"verify", model_verify, "FILE", 1, 1, 0, HAS(key) | HAS(keys) | HAS(about) | HAS(json)},
	{"sign", model_sign, "FILE", 1, 1, 0,
	 HAS(key) | HAS(keys) | HAS(subject) | HAS(sealed) | HAS(output) | HAS(not_before) | HAS(not_after) |
		 HAS(serial)},
	{"diff", model_diff, "two models, A B", 2, 2, 0, HAS(json) | HAS(keys)},
	{"merge", model_merge, "at least two models, A B...", 2, -1u, HAS(output), HAS(keys)},
	{"minimise", model_minimise, "MODEL", 1, 1, 0, HAS(keys) | HAS(output) | HAS(runs) | HAS(dry_run) | HAS(json)},
	{"learn-from", model_learn_from, "NAME, of a session", 1, 1, HAS(forensics),
	 HAS(output) | HAS(class) | HAS(number) | HAS(path) | HAS(all) | HAS(json)},
	{"rebase", model_rebase, "MODEL", 1, 1, HAS(package_update),
	 HAS(keys) | HAS(output) | HAS(root) | HAS(keep_missing) | HAS(dry_run) | HAS(json)},
	{"pseudonym", model_pseudonym, "MODEL and at least one PATH", 2, -1u, HAS(output), HAS(keys)},
	{"revoke", model_revoke, "FILE, or NAME with --serial", 1, 1, 0, HAS(serial) | HAS(serials)},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

/* The option does not belong to this verb: names the verbs that have it. */
static int foreign_option(const struct invocation *invocation, const struct verb *verb, unsigned option)
{
	struct tsem_buffer owners = {0};
	size_t i;
	int status;

	for (i = 0; i < VERB_COUNT; i++)
		if ((verbs[i].required | verbs[i].optional) & 1u << option)
			tsem_buffer_printf(&owners, "%s%s", owners.size ? ", " : "", verbs[i].name);
	status = usage_error(invocation, "`tsem model %s` does not take --%s, which is for %s; see `tsem help model`",
			     verb->name, invocation->command->options[option].name,
			     owners.size ? owners.data : "no other");
	tsem_buffer_deinit(&owners);
	return status;
}

static int check_usage(const struct invocation *invocation, const struct verb *verb)
{
	const struct option_row *rows = invocation->command->options;
	unsigned option;

	for (option = 0; rows[option].name; option++) {
		if (invocation_given(invocation, option) && !((verb->required | verb->optional) & 1u << option))
			return foreign_option(invocation, verb, option);
		if (!invocation_given(invocation, option) && verb->required & 1u << option)
			return usage_error(invocation, "`tsem model %s` needs --%s%s%s; see `tsem help model`",
					   verb->name, rows[option].name, rows[option].argument ? " " : "",
					   rows[option].argument ? rows[option].argument : "");
	}
	if (invocation->operand_count - 1 < verb->least)
		return usage_error(invocation, "`tsem model %s` needs %s; see `tsem help model`", verb->name,
				   verb->words);
	if (invocation->operand_count - 1 > verb->most)
		return usage_error(invocation,
				   "`tsem model %s` does not take the argument '%s'; it needs %s; see `tsem help model`",
				   verb->name, invocation->operands[1 + verb->most], verb->words);
	return 0;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

int cmd_model(const struct invocation *invocation)
{
	const struct verb *verb = find_verb(invocation->operands[0]);
	int status = verb ? check_usage(invocation, verb) :
			    usage_error(invocation, "there is no `tsem model %s`", invocation->operands[0]);

	return status ? status : verb->run(invocation);
}
