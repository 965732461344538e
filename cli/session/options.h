/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The modeling options of learn, run, export and load: the options of tsem_option_at, by their names. */
#ifndef TSEM_CLI_OPTIONS_H
#define TSEM_CLI_OPTIONS_H

#include "../frame/cmd.h"

/* Whether --events selects all of them. Warns about an older word for the default set. */
bool options_all_events(const struct invocation *v);
/* TSEM_OPTION_* of those options that the command has; of one that was not given, its default. 0, or a status. */
int options_words(const struct invocation *v, tsem_u32 *ret_options);
/* The same into the header of a new model, with --pattern. */
int options_modeling(const struct invocation *v, struct tsem_model *model);
/* What a violation leads to: what was said, else what the model says. 0, or the status of wrong usage. */
int options_action(const struct invocation *v, const struct tsem_model *model, tsem_u32 mode, tsem_u32 *ret_action);
/* Whether one of all these was given. */
bool options_modeling_given(const struct invocation *v);

#endif
