/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Operations whose cost is measured: by tsem bench in time, and by bench/ops.c in instructions. Whoever measures is in
 * the directory that ops_prepare() has made.
 *
 * Repetitions are fixed, never a matter of time: files that a namespace creates are numbered, so a run has the
 * coefficients of another only when it does the same as often.
 */
#ifndef TSEM_CLI_OPERATIONS_H
#define TSEM_CLI_OPERATIONS_H

#include <stdbool.h>

#define OPS_FRESH 256 /* different files, each to be opened once as an event that was never seen */

struct op {
	const char *name;
	const char *text;
	unsigned int repetitions; /* of one batch */
	bool disk; /* works in a directory on a disk */
	void (*begin)(void);
	void (*once)(unsigned int turn);
	void (*fresh)(unsigned int turn); /* a new event, turn < OPS_FRESH; NULL: there is none */
	void (*end)(void);
	const char *needs; /* a program that must exist; NULL: none */
	unsigned int windows; /* 0: as many as of the others */
};

/* The last one has no name. An operation that fails says so and ends the process with status 1. */
extern const struct op ops[];
extern const struct op op_empty;

/* Makes the files that the operations use, in the present directory. */
void ops_prepare(void);

#endif
