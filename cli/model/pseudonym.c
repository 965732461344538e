/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "../../lib/model/reread.h"
#include "verbs.h"
#include "../text/output.h"
#include "../text/text.h"

/* All contents of that path. */
static size_t replace_path(struct tsem_contents *contents, const char *path)
{
	size_t count = 0;

	for (size_t i = 0; i < contents->count; i++) {
		if (strcmp(contents->items[i].path, path) != 0)
			continue;
		tsem_pseudonym_digest(path, contents->items[i].replacement);
		count++;
	}
	return count;
}

static int add_path(const struct invocation *invocation, struct tsem_model *model, struct tsem_contents *contents,
		    const char *path)
{
	int status = tsem_model_add_pseudonym(model, path, invocation->error);

	if (status == 0 && replace_path(contents, path) == 0)
		return tsem_error_set(invocation->error, ENOENT,
				      "no event of %s names the content of %s, which then needs no pseudonym: "
				      "paths are given as the events have them (`tsem show %s trajectory`)",
				      invocation->operands[1], path, invocation->operands[1]);
	return status;
}

static void print_path(const struct tsem_contents *contents, const char *path)
{
	size_t events = 0;

	for (size_t i = 0; i < contents->count; i++)
		events += strcmp(contents->items[i].path, path) == 0 ? contents->items[i].events : 0;
	printf("The content of ");
	print_styled(stdout, STYLE_STRONG, path);
	printf(" no longer counts: %zu event%s depend%s on it.\n", events, plural(events), events == 1 ? "s" : "");
}

static int add_paths(const struct invocation *invocation, struct tsem_model *model)
{
	struct tsem_contents contents;
	struct tsem_rebased rebased;
	int status = tsem_model_contents(model, &contents, invocation->error);
	size_t i;

	if (status)
		return status;
	for (i = 2; i < invocation->operand_count && status == 0; i++)
		status = add_path(invocation, model, &contents, invocation->operands[i]);
	if (status == 0)
		status = tsem_model_rebase(model, &contents, &rebased, invocation->error);
	for (i = 2; i < invocation->operand_count && status == 0; i++)
		print_path(&contents, invocation->operands[i]);
	tsem_contents_deinit(&contents);
	return status;
}

int model_pseudonym(const struct invocation *invocation)
{
	const char *path = invocation->operands[1];
	struct tsem_model *model;
	int status = model_get(invocation, path, &model);

	if (status)
		return status;
	status = reread_check(model, path, "pseudonym", invocation->error);
	if (status == 0)
		status = add_paths(invocation, model);
	if (status == 0)
		status = model_put(invocation, model);
	tsem_model_destroy(model);
	return status;
}
