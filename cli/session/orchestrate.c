/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "orchestrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The indexes of --events default|all|core. */
bool events_all(const struct invocation *v, unsigned option)
{
	unsigned events = invocation_choice(v, option, 0);

	if (events == 2)
		fputs("tsem: --events core is now called default, and holds more than it did\n", stderr);
	return events == 1;
}

tsem_u32 options_from_words(unsigned profile, unsigned digest, bool all)
{
	return (profile == 0 ? TSEM_OPTION_PORTABLE : 0) | (digest == 1 ? TSEM_OPTION_DIGEST_ALL : 0) |
	       (all ? TSEM_OPTION_ALL_EVENTS : 0);
}

int options_bypass(const struct invocation *v, const char *classes, tsem_u32 *options)
{
	tsem_u32 bypass = 0;

	if (classes && tsem_bypass_parse(classes, strlen(classes), &bypass))
		return usage_error(v, "--bypass wants classes of events, separated by commas: "
				      "file, process, network, ipc, key, system; not \"%s\"", classes);
	*options |= bypass;
	return 0;
}

/* A portable model has all of them unless told otherwise, an exact one none. */
static int normalise_words(const struct invocation *v, const char *names, tsem_u32 *options)
{
	tsem_u32 given = *options & TSEM_OPTION_PORTABLE ? TSEM_NORMALISE_ALL : 0;

	if (names && !strcmp(names, "none"))
		given = 0;
	else if (names && tsem_normalise_parse(names, strlen(names), &given))
		return usage_error(v, "--normalise wants none, or some of process, instance, port, terminal, anonymous and size, "
				      "separated by commas; not \"%s\"", names);
	*options |= given;
	return 0;
}

static int pattern_words(const struct invocation *v, unsigned option, struct tsem_model *model)
{
	struct tsem_name_rule rule;
	size_t cursor = 0;
	const char *text;

	while ((text = invocation_next(v, option, &cursor))) {
		if (tsem_pattern_parse(text, strlen(text), &rule, v->error))
			return usage_error(v, "--pattern: %s", v->error->text);
		if (tsem_model_add_pattern(model, &rule) == -ENOSPC)
			return usage_error(v, "at most %d patterns can be given", TSEM_NAME_RULES);
	}
	return 0;
}

int options_modeling(const struct invocation *v, const struct modeling_words *words, struct tsem_model *model)
{
	int r;

	model->options = options_from_words(invocation_choice(v, words->profile, 0), invocation_choice(v, words->digest, 0),
					    events_all(v, words->events));
	if (invocation_choice(v, words->ids, 0))
		model->options |= TSEM_OPTION_IDS_CURRENT;
	r = options_bypass(v, invocation_value(v, words->bypass), &model->options);
	if (!r)
		r = normalise_words(v, invocation_value(v, words->normalise), &model->options);
	return r ? r : pattern_words(v, words->pattern, model);
}

bool options_modeling_given(const struct invocation *v, const struct modeling_words *words)
{
	return invocation_given(v, words->profile) || invocation_given(v, words->digest) ||
	       invocation_given(v, words->events) || invocation_given(v, words->bypass) ||
	       invocation_given(v, words->normalise) || invocation_given(v, words->pattern) || invocation_given(v, words->ids);
}

/* A descriptor or a device says nothing about what is in it. */
void model_call(struct tsem_model *model, const char *path, const char *session)
{
	const char *base = strrchr(path, '/'), *end;
	size_t size;

	base = base ? base + 1 : path;
	end = strrchr(base, '.');
	size = end > base && (!strcmp(end, ".model") || !strcmp(end, ".dsse") || !strcmp(end, ".txt")) ? (size_t)(end - base) :
													 strlen(base);
	if (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6) || !size || size >= sizeof(model->name))
		snprintf(model->name, sizeof(model->name), "%s", session);
	else
		snprintf(model->name, sizeof(model->name), "%.*s", (int)size, base);
	for (char *c = model->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '_';
}

int orchestrator_make(struct tsem_kernel *kernel, struct tsem_namespace_options *options, const char *given_name,
		      const char *command, char ret_name[TSEM_NAME_MAX], struct tsem_orchestrator **ret_orchestrator,
		      struct tsem_error *error)
{
	char base[TSEM_NAME_MAX];
	int r;

	if (given_name) {
		options->name = given_name;
		r = tsem_orchestrator_create(kernel, options, ret_orchestrator, error);
		if (!r)
			snprintf(ret_name, TSEM_NAME_MAX, "%s", given_name);
		return r;
	}
	workload_name(command, base);
	options->name = ret_name;
	for (unsigned n = 1; n <= TSEM_NAMESPACE_MAX; n++) {
		snprintf(ret_name, TSEM_NAME_MAX, n == 1 ? "%s" : "%s-%u", base, n);
		r = tsem_orchestrator_create(kernel, options, ret_orchestrator, error);
		if (r != -EEXIST)
			break;
	}
	if (!r)
		*error = (struct tsem_error){}; /* that the first names were taken */
	return r;
}

static int entry_take(struct tsem_entry *known, const struct tsem_entry *seen, bool fresh, tsem_u32 run)
{
	known->count += seen->count;
	if (fresh)
		known->run = run;
	known->last = run;
	if (known->record || !seen->record)
		return 0;
	known->record = malloc(seen->record->size);
	if (!known->record)
		return -ENOMEM;
	memcpy(known->record, seen->record, seen->record->size);
	return 0;
}

int model_take(struct tsem_model *model, const struct tsem_session *session, tsem_u32 run, size_t *ret_fresh,
	       size_t *ret_failed, struct tsem_error *error)
{
	size_t added = 0, failed = 0;

	for (size_t i = 0; i < session->trajectory.count; i++) {
		const struct tsem_entry *seen = &session->trajectory.entries[i];
		bool fresh;
		struct tsem_entry *known = tsem_set_add(&model->set, seen->coefficient, &fresh);

		if (!known || entry_take(known, seen, fresh, run))
			return tsem_error_set(error, ENOMEM, "out of memory");
		if (fresh)
			known->number = model->set.count;
		added += fresh;
	}
	for (size_t i = 0; i < session->forensics.count; i++)
		failed += session->forensics.entries[i].count;
	/* What is refused although there is no model is there too, and is no failure. */
	failed -= session->status.refused < failed ? session->status.refused : failed;
	*ret_fresh = added;
	*ret_failed = failed;
	return tsem_sizes_join(&model->large, &session->large) ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}
