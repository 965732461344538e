/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The orchestrator's side of a start: the process of starter.h becomes CMD only when all that confines it is in place. */
#ifndef TSEM_LIB_START_H
#define TSEM_LIB_START_H

#include "../tsem.h"

#include <sys/types.h>

struct start {
	const char *name; /* of CMD, for the errors */
	pid_t pid; /* of the process that becomes CMD */
	int pidfd;
	int go; /* written to let CMD begin */
	int reports; /* read: as of struct starter */
	struct tsem_orchestrator *orchestrator;
	struct tsem_wall *wall; /* that the starter enters; NULL: none */
	pid_t guarded[2]; /* processes that the workload may not touch; 0: none */
	void (*wait)(void *context,
		     int fd); /* until fd is readable, while the exec is decided; NULL: nothing else to do */
	void *context;
};

/*
 * The process has given up CAP_MAC_ADMIN and is behind the wall, which is answered from now on; it is in the namespace.
 * Then it continues, and this waits until its exec has succeeded or failed. Negative errno: something of this is not in
 * place, so the process was not let go, and has to be killed. 0, and *ret_status: 0 when CMD runs; 126 or 127 when it
 * could not be executed, and then the error says why.
 */
int start_workload(const struct start *start, int *ret_status, struct tsem_error *error);

#endif
