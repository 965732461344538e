/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs of tsem model: as commands, with operands[0] the verb; options and the number of words are checked. */
#ifndef TSEM_CLI_MODEL_VERBS_H
#define TSEM_CLI_MODEL_VERBS_H

#include "../frame/cmd.h"

int model_verify(const struct invocation *invocation);
int model_sign(const struct invocation *invocation);
int model_diff(const struct invocation *invocation);
int model_merge(const struct invocation *invocation);
int model_minimise(const struct invocation *invocation);
int model_learn_from(const struct invocation *invocation);
int model_rebase(const struct invocation *invocation);
int model_pseudonym(const struct invocation *invocation);
int model_revoke(const struct invocation *invocation);

/* As model_file_read(), with --keys. */
int model_get(const struct invocation *invocation, const char *path, struct tsem_model **ret_model);
/* Writes to --output and says so on standard error. */
int model_put(const struct invocation *invocation, const struct tsem_model *model);

#endif
