/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A workload under its trust orchestrator: started in a namespace, supervised as if tsem were not there. */
#ifndef TSEM_CLI_WORKLOAD_H
#define TSEM_CLI_WORKLOAD_H

#include "../../lib/tsem.h"

struct driver;

struct workload {
	char *const *argv;
	struct tsem_orchestrator *orchestrator;
	struct tsem_wall *wall; /* of the system calls that it may use; NULL: all */
	struct tsem_model *noting; /* gets the system calls that were used; may be NULL */
	bool wait_all; /* until the last task of the namespace has ended, not only CMD */
	bool answers;  /* others wait for this process: it does not stop when CMD is stopped */
	tsem_record_fn fn; /* for each record as it comes; may be NULL */
	int (*drained)(void *context); /* after each time that records were taken; may be NULL */
	void *context;
	struct driver *driver; /* uses CMD from outside, and ends it; may be NULL */
	/* Filled in: */
	int status;       /* as a shell says it: exit status, or 128 + signal; 126, 127 */
	bool interrupted; /* SIGINT, SIGTERM, SIGHUP or SIGQUIT came while it ran */
	bool not_started; /* CMD could not be executed: the error says why */
	int pid;
	int pidfd;
	int go;      /* written to let the workload begin */
	int reports; /* read: errno of a failed exec */
};

/*
 * To be called before anything is loaded: an interruption waits until there is
 * somebody who cleans up. The workload has the mask that tsem was started with.
 */
void workload_hold_signals(void);
/* In a child: the mask that tsem was started with. */
void workload_give_signals(void);

/*
 * Runs the workload to its end. Returns 0 with status filled, whatever it is;
 * negative only when tsem itself failed.
 */
int workload_run(struct workload *workload, struct tsem_error *error);

/* A name for the namespace of a command: its last path component. */
void workload_name(const char *command, char ret_name[TSEM_NAME_MAX]);

#endif
