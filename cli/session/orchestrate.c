/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "orchestrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int model_complete(const struct tsem_session *session, const char *path, struct tsem_error *error)
{
	tsem_u64 without = session->status.failures[TSEM_FAILURE_model_full];

	if (!without)
		return 0;
	return tsem_error_set(error, ENOSPC,
			      "%llu events did not fit into the model, %s was not written: raise --limit", without,
			      path);
}

/* The name of a descriptor or a device says nothing about its content. */
void model_call(struct tsem_model *model, const char *path, const char *session)
{
	const char *base = strrchr(path, '/'), *end;
	size_t size;

	base = base ? base + 1 : path;
	end = strrchr(base, '.');
	size = end > base && (!strcmp(end, ".model") || !strcmp(end, ".dsse") || !strcmp(end, ".txt")) ?
		       (size_t)(end - base) :
		       strlen(base);
	if (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6) || !size || size >= sizeof(model->name))
		snprintf(model->name, sizeof(model->name), "%s", session);
	else
		snprintf(model->name, sizeof(model->name), "%.*s", (int)size, base);
	for (char *c = model->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '_';
}

int orchestrator_make(struct tsem_kernel *kernel, struct tsem_namespace_options *options, const char *given_name,
		      const char *command, char ret_name[TSEM_NAME_MAX], struct tsem_orchestrator **ret_orchestrator,
		      struct tsem_error *error)
{
	char base[TSEM_NAME_MAX];
	int r;

	if (given_name) {
		options->name = given_name;
		r = tsem_orchestrator_create(kernel, options, ret_orchestrator, error);
		if (!r)
			snprintf(ret_name, TSEM_NAME_MAX, "%s", given_name);
		return r;
	}
	workload_name(command, base);
	options->name = ret_name;
	for (unsigned n = 1; n <= TSEM_NAMESPACE_MAX; n++) {
		snprintf(ret_name, TSEM_NAME_MAX, n == 1 ? "%s" : "%s-%u", base, n);
		r = tsem_orchestrator_create(kernel, options, ret_orchestrator, error);
		if (r != -EEXIST)
			break;
	}
	if (!r)
		*error = (struct tsem_error){}; /* that the first names were taken */
	return r;
}
