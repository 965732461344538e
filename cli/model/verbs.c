/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the verbs of tsem model. */
#include "verbs.h"

#include <errno.h>

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

int model_check_records(const struct tsem_model *model, const char *path, const char *verb, struct tsem_error *error)
{
	size_t bare = 0, i;

	for (i = 0; i < model->set.count; i++)
		bare += !model->set.entries[i].record;
	if (bare)
		return tsem_error_set(error, ENODATA,
				      "%s: %zu of its %zu coefficients have no event, so tsem cannot recompute them: "
				      "model %s needs the whole trajectory; learn the model again",
				      path, bare, model->set.count, verb);
	if (model->options & TSEM_OPTION_BYPASS(TSEM_CLASS_PROCESS))
		return tsem_error_set(error, ENODATA,
				      "%s leaves out the events of class process, among them those that start programs: "
				      "model %s cannot say which events depend on a file; learn the model again",
				      path, verb);
	return 0;
}
