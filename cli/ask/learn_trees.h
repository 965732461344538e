/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem learn --tree: trees in the model that is learned. */
#ifndef TSEM_CLI_LEARN_TREES_H
#define TSEM_CLI_LEARN_TREES_H

#include "../frame/cmd.h"

/* Adds the given trees to the model. It is wrong usage if the place of the model is below one of its trees. */
int learn_trees_add(const struct invocation *v, struct tsem_model *model);
/* Drops what a tree of the model allows anyway from what the session has seen, but for the starts of programs. */
int learn_trees_leave_out(const struct tsem_model *model, struct tsem_session *session, size_t *ret_count,
			  struct tsem_error *error);

#endif
