/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Policies: files that say which containers are modeled, and how, when the annotations of a container do not say it. */
#ifndef TSEM_CONTAINER_POLICY_H
#define TSEM_CONTAINER_POLICY_H

#include "identity.h"

#define POLICY_DIRECTORY "/etc/tsem/containers.d"

/*
 * The settings and the path of the first matching file *.json of the directory, in the order of their names. If none
 * matches, the settings are not present. It is an error if a file before it cannot be understood, or if others than root
 * may write it: such a file might have matched.
 */
int policy_find(const char *directory, const struct container *container, const struct container_identity *identity,
		struct container_settings *ret_settings, char ret_path[PATH_MAX], struct tsem_error *error);
/* Called for each file. unlike: what the file demands and the container lacks; NULL: it matches. */
typedef void (*policy_told_fn)(void *context, const char *path, const char *unlike);
int policy_each(const char *directory, const struct container *container, const struct container_identity *identity,
		policy_told_fn fn, void *context, struct tsem_error *error);

#endif
