/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls for tsem run and tsem learn: the used ones, and the filter for them. */
#ifndef TSEM_CLI_RUN_CALLS_H
#define TSEM_CLI_RUN_CALLS_H

#include "../frame/cmd.h"

/* 0, or the status of wrong usage. */
int run_calls_words(const struct invocation *v);
/* The filter that was requested, or that is the default here; NULL in *ret_wall: none. */
int run_calls_wall(const struct invocation *v, const struct tsem_model *model, struct tsem_wall **ret_wall);

/*
 * Adds the calls that a namespace has recorded to the model, and says on standard error what it could not add; prefix
 * begins each line. *ret_fresh: number of new ones.
 */
int calls_take(const struct tsem_orchestrator *orchestrator, struct tsem_model *model, const char *prefix,
	       size_t *ret_fresh, struct tsem_error *error);

#endif
