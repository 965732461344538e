/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which containers are modeled without a word in their annotations: one file for each kind of container. */
#ifndef TSEM_CLI_POLICY_H
#define TSEM_CLI_POLICY_H

#include "identity.h"

#define POLICY_DIRECTORY "/etc/tsem/containers.d"

/*
 * Of the files *.json of the directory, by the order of their names, the first that matches: its settings, and its path.
 * None: the settings are not present. A file before it that is not understood, or that others than its owner may write,
 * is an error: what it would have said is not known.
 */
int policy_find(const char *directory, const struct container *container, const struct identity *identity,
		struct container_settings *ret_settings, char ret_path[PATH_MAX], struct tsem_error *error);
/* Called for each file: whether it matches, or what it asks for that the container has not. */
typedef void (*policy_told_fn)(void *context, const char *path, const char *unlike);
int policy_each(const char *directory, const struct container *container, const struct identity *identity,
		policy_told_fn fn, void *context, struct tsem_error *error);

#endif
