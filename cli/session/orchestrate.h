/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What learn and run have in common. */
#ifndef TSEM_CLI_ORCHESTRATE_H
#define TSEM_CLI_ORCHESTRATE_H

#include "../frame/cmd.h"
#include "workload.h"

/* Whether --events wants all of them. An older word for the default set is warned of. */
bool events_all(const struct invocation *v, unsigned option);

/* TSEM_OPTION_* from the indexes of --profile and --digest, and from events_all(). */
tsem_u32 options_from_words(unsigned profile, unsigned digest, bool all);

/* Adds the classes of --bypass, which may be NULL, to the options. 0, or the status of wrong usage. */
int options_bypass(const struct invocation *v, const char *classes, tsem_u32 *options);

/* The options of a command that say how a model is made, by their index. */
struct modeling_words {
	unsigned profile, digest, events, bypass, normalise, pattern, ids;
};

/* Puts what was said into the header of a new model. 0, or the status of wrong usage. */
int options_modeling(const struct invocation *v, const struct modeling_words *words, struct tsem_model *model);
bool options_modeling_given(const struct invocation *v, const struct modeling_words *words);

/* Calls the model after the file that it is written to, or after the session where that is no name. */
void model_call(struct tsem_model *model, const char *path, const char *session);

/*
 * Makes the namespace. With a name of the user's, a living one of that name is
 * an error; otherwise a number is put behind the name of the command.
 */
int orchestrator_make(struct tsem_kernel *kernel, struct tsem_namespace_options *options, const char *given_name,
		      const char *command, char ret_name[TSEM_NAME_MAX], struct tsem_orchestrator **ret_orchestrator,
		      struct tsem_error *error);

/*
 * Adds what the namespace has learned to the model: the coefficients, their
 * counts and, as far as they arrived, their events. *ret_fresh: how many the
 * model did not have. Events that could not be modeled are counted in
 * *ret_failed.
 */
int model_take(struct tsem_model *model, const struct tsem_session *session, tsem_u32 run, size_t *ret_fresh,
	       size_t *ret_failed, struct tsem_error *error);

#endif
