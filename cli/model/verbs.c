/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the verbs of tsem model. */
#include "verbs.h"

#include "file.h"

int model_get(const struct invocation *invocation, const char *path, struct tsem_model **ret_model)
{
	return model_file_read(invocation, path, invocation_value(invocation, OPTION_model_keys), ret_model);
}

int model_put(const struct invocation *invocation, const struct tsem_model *model)
{
	const char *path = invocation_value(invocation, OPTION_model_output);
	int status = tsem_model_write(model, path, invocation->error);

	if (status == 0)
		fprintf(stderr, "model %s written: %zu coefficients\n", path, model->set.count);
	return status;
}
