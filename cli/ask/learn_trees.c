/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "learn_trees.h"

#include <errno.h>

#include "../../lib/model/model.h"
#include "run_ask.h"

/* Under the real names of their directories. */
static int find_given(const struct invocation *v, struct trees *ret_trees, struct tsem_error *error)
{
	size_t cursor = 0;
	const char *text;
	int r = 0;

	while (!r && (text = invocation_next(v, OPTION_learn_tree, &cursor)))
		r = trees_add(ret_trees, text, error);
	return r == -EINVAL ? usage_error(v, "%s", error->text) : r;
}

int learn_trees_add_again(const struct trees *trees, struct tsem_model *model, struct tsem_error *error)
{
	int r = 0;

	for (size_t i = 0; !r && i < trees->count; i++) {
		const struct tsem_tree tree = {.path = trees->items[i].path, .rights = trees->items[i].rights};
		struct tsem_buffer text = {};

		tree_format(&tree, &text);
		r = text.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
				  tsem_model_add_tree(model, text.data, error);
		tsem_buffer_deinit(&text);
	}
	return r;
}

/* With those that the model of --continue has. */
static int open_all(const struct invocation *v, const struct tsem_model *model, struct trees *ret_trees)
{
	int r = trees_add_model(ret_trees, model, v->error);

	if (!r)
		r = ask_check_place(v, ret_trees, invocation_value(v, OPTION_learn_output));
	if (r)
		trees_deinit(ret_trees);
	return r;
}

int learn_trees_add(const struct invocation *v, struct tsem_model *model, struct trees *ret_trees)
{
	struct tsem_error error = {};
	struct trees given = {};
	int r = find_given(v, &given, &error);

	if (r < 0)
		*v->error = error;
	if (!r)
		r = learn_trees_add_again(&given, model, v->error);
	trees_deinit(&given);
	return r ? r : open_all(v, model, ret_trees);
}

int learn_trees_leave_out(const struct trees *trees, struct tsem_session *session, size_t *ret_count,
			  struct tsem_error *error)
{
	return trees_drop(trees, &session->trajectory, ret_count) ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}

void learn_trees_close(struct trees *trees)
{
	trees_deinit(trees);
}
