/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Containers as their runtime knows them: config.json, annotations, control group. */
#ifndef TSEM_CLI_CONTAINER_H
#define TSEM_CLI_CONTAINER_H

#include "../../lib/tsem.h"

#include <limits.h>

#define CONTAINER_PREFIX "io.tsem."

/* What the annotations io.tsem.model, io.tsem.mode and io.tsem.on-violation say. */
struct container_settings {
	bool present; /* one of them is there */
	char model[PATH_MAX];
	char mode[16]; /* learn, sealed, enforce */
	char action[16]; /* empty: none was said */
	char group[PATH_MAX]; /* linux.cgroupsPath; may be empty */
};

/* Refuses what is not understood: a word that was mistyped must not leave a container unmodeled. */
int container_read(const char *path, struct container_settings *ret_settings, struct tsem_error *error);
/* The process in what a runtime says of its state; 0: none. */
unsigned container_pid(const char *state, size_t size);
/* The directory of the container's own control group, which its process is in or below. */
int container_group(unsigned pid, const struct container_settings *settings, char *ret_path, size_t size,
		    struct tsem_error *error);
/* The name of a container's session: the first 12 characters of its id. */
void container_session(const char *id, char ret_name[TSEM_NAME_MAX]);
/* Until its session is finished, at most half a minute. */
void container_wait(const char *session);

#endif
