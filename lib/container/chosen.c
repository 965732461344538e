/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "chosen.h"
#include "../base/owned.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A name of one file, without meaning for any shell. */
static bool is_plain(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return *name && *name != '.' && *name != '-' && !name[strspn(name, plain)];
}

static int find_directory(const char *where, const struct container_settings *allowed,
			  const struct container_identity *identity, char ret_path[PATH_MAX], struct tsem_error *error)
{
	const char *space = identity->pod.space;
	int size;

	if (identity->in_pod && (!space || !is_plain(space)))
		return tsem_error_set(error, EPERM, "%sthe namespace of the pod is not known", where);
	size = snprintf(ret_path, PATH_MAX, "%s%s%s", allowed->models, identity->in_pod ? "/" : "",
			identity->in_pod ? space : "");
	return size < PATH_MAX ? 0 : tsem_error_set(error, ENAMETOOLONG, "%smodels is too long a path", where);
}

int container_check_chosen(const char *where, const struct container_settings *allowed,
			   const struct container_identity *identity, const struct container_settings *chosen,
			   struct tsem_error *error)
{
	char directory[PATH_MAX];
	size_t size;
	int r;

	if (!chosen->present)
		return 0;
	if (chosen->attached[0] || chosen->keys[0])
		return tsem_error_set(error, EPERM,
				      "%sattached and require-signed are not for annotations here, but for policies",
				      where);
	if (!strcmp(chosen->mode, "learn") && strcmp(allowed->learning, "yes") != 0)
		return tsem_error_set(error, EPERM,
				      "%smode must not be learn: the policy does not say \"learning\": \"yes\"", where);
	r = find_directory(where, allowed, identity, directory, error);
	if (r)
		return r;
	size = strlen(directory);
	if (strncmp(chosen->model, directory, size) != 0 || chosen->model[size] != '/' ||
	    !is_plain(chosen->model + size + 1))
		return tsem_error_set(error, EPERM, "%smodel has to be %s/NAME, with a NAME of letters, digits and ._-",
				      where, directory);
	r = owned_path(chosen->model, error);
	if (r)
		tsem_error_wrap(error, "%smodel cannot be %s", where, chosen->model);
	return r;
}
