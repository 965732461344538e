/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "../detect/detect.h"

#define HAS(option) (1u << OPTION_detect_##option)
#define CHANGES (HAS(action) | HAS(scope) | HAS(once_per) | HAS(digests) | HAS(words))

static const struct verb {
	const char *name;
	int (*run)(const struct invocation *v);
	const char *words; /* that come after it, for the error */
	unsigned least, most; /* how many */
	unsigned options;
} verbs[] = {
	{"build", detect_build, "SOURCE, as mine.bpf.c", 1, 1, HAS(output)},
	{"add", detect_add, "NAME, OBJECT, or --all", 0, 1, CHANGES | HAS(all)},
	{"ls", detect_ls, "no words", 0, 0, HAS(all) | HAS(cost) | HAS(json)},
	{"show", detect_show, "NAME", 1, 1, HAS(json)},
	{"set", detect_set, "NAME, or --all", 0, 1, CHANGES | HAS(all)},
	{"rm", detect_rm, "NAME, or --all", 0, 1, HAS(all)},
	{"test", detect_test, "OBJECT or NAME", 1, 1, HAS(verbose)},
	{"arm", detect_arm, "no words", 0, 0, HAS(digests)},
	{"watch", detect_watch, "no words", 0, 0, HAS(json) | HAS(format) | HAS(past)},
	{"forgive", detect_forgive, "PID", 1, 1, HAS(reason)},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(*verbs))

static int check_options(const struct invocation *v, const struct verb *verb)
{
	const struct option_row *rows = v->command->options;

	for (unsigned option = 0; rows[option].name; option++)
		if (invocation_given(v, option) && !(verb->options & 1u << option))
			return usage_error(v, "`tsem detect %s` does not take --%s; see `tsem help detect`", verb->name,
					   rows[option].name);
	if (v->operand_count - 1 < verb->least || v->operand_count - 1 > verb->most)
		return usage_error(v, "`tsem detect %s` needs %s; see `tsem help detect`", verb->name, verb->words);
	if (verb->most && !verb->least && !invocation_given(v, OPTION_detect_all) == (v->operand_count == 1))
		return usage_error(v, "`tsem detect %s` needs %s; see `tsem help detect`", verb->name, verb->words);
	return 0;
}

int cmd_detect(const struct invocation *v)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (!strcmp(verbs[i].name, v->operands[0])) {
			int r = check_options(v, &verbs[i]);

			return r ? r : verbs[i].run(v);
		}
	return usage_error(v, "there is no `tsem detect %s`", v->operands[0]);
}
