/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by learn and run. */
#ifndef TSEM_CLI_ORCHESTRATE_H
#define TSEM_CLI_ORCHESTRATE_H

#include "../frame/cmd.h"
#include "options.h"
#include "workload.h"

/* -ENOSPC: the model in the kernel had no room for some events of the session, so none is written to path. */
int model_complete(const struct tsem_session *session, const char *path, struct tsem_error *error);
/* Names the model after the file that it is written to, or after the session where the file has no usable name. */
void model_call(struct tsem_model *model, const char *path, const char *session);

/*
 * Creates the namespace. If the user chose the name, a living namespace of that name is an error; otherwise a number is
 * appended to the name of the command.
 */
int orchestrator_make(struct tsem_kernel *kernel, struct tsem_namespace_options *options, const char *given_name,
		      const char *command, char ret_name[TSEM_NAME_MAX], struct tsem_orchestrator **ret_orchestrator,
		      struct tsem_error *error);

#endif
