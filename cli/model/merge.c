/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "verbs.h"
#include "../text/output.h"
#include "../text/text.h"

/* Prints the contribution of each file at the end, so that a refused merge prints nothing. */
struct merging {
	const struct invocation *invocation;
	struct tsem_model *model;
	struct tsem_buffer told;
	const char *listed, *unlisted; /* a file with a list of system calls, and one without */
};

static void tell(struct merging *merging, const char *path, const struct tsem_model *model)
{
	text_escape(&merging->told, path, strlen(path));
	tsem_buffer_printf(&merging->told, ": %zu coefficients", model->set.count);
	*(model->calls.known ? &merging->listed : &merging->unlisted) = path;
}

static int add_file(struct merging *merging, const char *path)
{
	size_t before = merging->model->set.count;
	struct tsem_model *other;
	int status = model_get(merging->invocation, path, &other);

	if (status)
		return status;
	status = tsem_model_merge(merging->model, other, merging->invocation->error);
	if (status)
		tsem_error_wrap(merging->invocation->error, "%s", path);
	tell(merging, path, other);
	tsem_buffer_printf(&merging->told, ", %zu of them new\n", merging->model->set.count - before);
	tsem_model_destroy(other);
	return status;
}

int model_merge(const struct invocation *invocation)
{
	struct merging merging = {.invocation = invocation};
	int status = model_get(invocation, invocation->operands[1], &merging.model);
	size_t i;

	if (status)
		return status;
	tell(&merging, invocation->operands[1], merging.model);
	tsem_buffer_printf(&merging.told, "\n");
	for (i = 2; i < invocation->operand_count && status == 0; i++)
		status = add_file(&merging, invocation->operands[i]);
	if (status == 0)
		status = model_put(invocation, merging.model);
	if (status == 0 && merging.listed && merging.unlisted) {
		fputs("tsem: the merged model has no list of system calls, because ", stderr);
		print_styled(stderr, STYLE_PLAIN, merging.unlisted);
		fputs(" has none\n", stderr);
	}
	if (status == 0)
		fputs(merging.told.data ? merging.told.data : "", stdout);
	tsem_buffer_deinit(&merging.told);
	tsem_model_destroy(merging.model);
	return status;
}
