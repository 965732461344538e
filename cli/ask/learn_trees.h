/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem learn --tree: trees in the model that is learned. */
#ifndef TSEM_CLI_LEARN_TREES_H
#define TSEM_CLI_LEARN_TREES_H

#include "../frame/cmd.h"
#include "../../lib/ask/tree.h"

/*
 * Adds the given trees to the model. ret_trees: all that it has then, which stay open, since a run may remove their
 * directories. It is wrong usage if the place of the model is below one of them.
 */
int learn_trees_add(const struct invocation *v, struct tsem_model *model, struct trees *ret_trees);
/* The same trees for another model. */
int learn_trees_add_again(const struct trees *trees, struct tsem_model *model, struct tsem_error *error);
/* Drops what a tree allows anyway from what the session has seen, but for the starts of programs. */
int learn_trees_leave_out(const struct trees *trees, struct tsem_session *session, size_t *ret_count,
			  struct tsem_error *error);
void learn_trees_close(struct trees *trees);

#endif
