/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The last steps of the process that becomes CMD, up to its exec. */
#ifndef TSEM_CLI_STARTER_H
#define TSEM_CLI_STARTER_H

#include "../../lib/tsem.h"

#include <sys/types.h>

#define FRONT_FAILED 125 /* tsem itself, where the other numbers are the workload's */

struct starter {
	char *const *argv;
	const struct tsem_wall *wall;
	pid_t started; /* the process that was started: a number in the environment may mean it */
	int go; /* a byte: begin */
	int reports; /* int: 0 or an errno for each step; nothing more when the exec has succeeded */
};

/* Returns the status to end with, when CMD could not be started. */
int starter_run(const struct starter *starter);

#endif
