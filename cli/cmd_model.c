/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd.h"
#include "output.h"

static size_t count_records(const struct tsem_set *set)
{
	size_t count = 0, i;

	for (i = 0; i < set->count; i++)
		count += set->entries[i].record != NULL;
	return count;
}

/* The first operand can only be "verify". */
int cmd_model(const struct invocation *invocation)
{
	const char *path = invocation->operands[1];
	struct tsem_buffer bypass = { 0 };
	struct tsem_model *model;
	int status;

	status = tsem_model_read(path, &model, invocation->error);
	if (status)
		return status;
	print_styled(stdout, STYLE_PLAIN, path);
	printf(" is whole: %zu coefficients, %zu of them with their event, from %u run%s; "
	       "profile %s, digest %s.\n", model->set.count, count_records(&model->set), model->runs,
	       model->runs == 1 ? "" : "s", profile_name(model->options), digest_name(model->options));
	tsem_bypass_format(model->options, &bypass);
	if (bypass.size)
		printf("It leaves out these classes of events: %s.\n", bypass.data);
	tsem_buffer_deinit(&bypass);
	tsem_model_destroy(model);
	return 0;
}
