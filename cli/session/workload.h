/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A workload under its trust orchestrator: started in a namespace, and its records taken, until it has ended. */
#ifndef TSEM_CLI_WORKLOAD_H
#define TSEM_CLI_WORKLOAD_H

#include "../../lib/tsem.h"

struct driver;

struct front_message;

/* Something else that goes on while a workload runs. */
struct workload_companion {
	int (*fd)(void *context); /* readable when turn has work; -1: it never has */
	int (*turn)(void *context, struct tsem_error *error); /* NULL: there is no companion */
	void (*started)(void *context, bool terminal); /* CMD runs; whether it has a terminal of its own. May be NULL */
	void (*word)(void *context, const struct front_message *message); /* of the front; may be NULL */
	void *context;
};

#define WORKLOAD_COMPANIONS 2

struct workload {
	char *const *argv;
	struct tsem_orchestrator *orchestrator;
	struct tsem_wall *wall; /* filter of its system calls; NULL: none */
	struct tsem_model *noting; /* gets the used system calls; may be NULL */
	bool wait_all; /* until the last task of the namespace has ended, not only CMD */
	tsem_record_fn fn; /* for each record as it comes; may be NULL */
	int (*drained)(void *context); /* after each batch of records; may be NULL */
	int (*ending)(void *context, int r); /* before the orchestrator ends: r, or an error of its own; may be NULL */
	void *context;
	struct workload_companion companions[WORKLOAD_COMPANIONS];
	struct driver *driver; /* uses CMD from outside, and ends it; may be NULL */
	/* Filled in: */
	int status; /* as in a shell: exit status, or 128 + signal; 126, 127 */
	bool interrupted; /* SIGINT, SIGTERM, SIGHUP or SIGQUIT came while it ran */
	bool ended; /* CMD; processes that it left may go on */
	bool not_started; /* CMD could not be executed: the error says why */
	int pid;
	int pidfd;
	int go, reports; /* of struct start */
};

/*
 * In the orchestrator (front.h): runs the workload to its end. Returns 0 with any status in status; negative only when
 * tsem itself failed.
 */
int workload_run(struct workload *workload, struct tsem_error *error);

/* A name for the namespace of a command: its last path component. */
void workload_name(const char *command, char ret_name[TSEM_NAME_MAX]);

#endif
