/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The last steps of the process that becomes CMD, up to its exec. */
#ifndef TSEM_LIB_STARTER_H
#define TSEM_LIB_STARTER_H

#include "../tsem.h"

#include <sys/types.h>

#define START_FAILED 125 /* tsem itself, in the number space of the workload */

struct starter {
	char *const *argv;
	const struct tsem_wall *wall;
	pid_t started; /* the started process, which a number in the environment may name */
	int go; /* a byte: begin */
	int reports; /* int: 0 or an errno for each step; nothing more when the exec has succeeded */
};

/* go[0] and reports[1] are the starter's ends, the others the orchestrator's. Negative errno. */
int starter_pipes(int ret_go[2], int ret_reports[2]);
/* Returns the exit status when CMD could not be started. */
int starter_run(const struct starter *starter);

#endif
