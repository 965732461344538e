/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The last steps of the process that becomes CMD, up to its exec. */
#ifndef TSEM_CLI_STARTER_H
#define TSEM_CLI_STARTER_H

#include "../../lib/tsem.h"

#include <sys/types.h>

#define FRONT_FAILED 125 /* tsem itself, in the number space of the workload */

struct starter {
	char *const *argv;
	const struct tsem_wall *wall;
	pid_t started; /* the started process, which a number in the environment may name */
	int go; /* a byte: begin */
	int reports; /* int: 0 or an errno for each step; nothing more when the exec has succeeded */
};

/* Returns the exit status when CMD could not be started. */
int starter_run(const struct starter *starter);

#endif
