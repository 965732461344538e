/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A driver uses a workload from outside, as its clients do in production: it is
 * in no namespace and not modeled. When it has ended, the workload is stopped as
 * production stops it. All functions take NULL for none.
 */
#ifndef TSEM_CLI_DRIVER_H
#define TSEM_CLI_DRIVER_H

#include <sys/types.h>

#include "workload.h"

enum driver_state {
	DRIVER_WAITS, /* for CMD */
	DRIVER_DRIVES,
	DRIVER_STOPS, /* it has ended, and CMD is to end */
};

struct driver {
	const char *command; /* for sh -c */
	const char *stop; /* the command that ends CMD; NULL: the signal does */
	int stop_signal;
	unsigned patience; /* seconds from there to SIGKILL */
	/* Filled in: */
	int status; /* of the command, as a shell says it */
	bool killed; /* CMD, or a process that it left, did not end in time */
	enum driver_state state;
	pid_t pid, stopper; /* 0: ended */
	int descriptor; /* of the one that runs, readable when it has ended */
	tsem_u64 deadline; /* of the current wait; 0: none */
	tsem_u64 killing; /* when the driver and the stopper, which have been told to end, are killed; 0: not told */
	bool told_orphan; /* that CMD ended too early */
	bool told_rest; /* the remaining processes got the signal */
	bool interrupted; /* the driver was told */
};

/* The number of a signal, from its name with or without SIG, or from its digits; 0 when it is not a signal. */
int driver_signal_parse(const char *text);

/* Once CMD runs. */
int driver_start(struct driver *driver, const struct workload *workload, struct tsem_error *error);
/*
 * Does the pending work. Call it when driver_fd() is readable (-1: never), after driver_timeout() milliseconds (-1:
 * never), and when the workload was interrupted. ended: CMD has ended.
 */
int driver_turn(struct driver *driver, struct workload *workload, bool ended, struct tsem_error *error);
int driver_fd(const struct driver *driver);
int driver_timeout(const struct driver *driver);
/* Whether it is still at work, so that the workload must not end. */
bool driver_runs(const struct driver *driver);
/* Ends the rest of it. */
void driver_end(struct driver *driver);

#endif
