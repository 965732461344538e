/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_BENCH_START_H
#define TSEM_CLI_BENCH_START_H

#include "../lib/tsem.h"

/* What the start of a workload takes, in nanoseconds of time: medians. */
struct start_times {
	double plain;   /* true */
	double unshare; /* unshare -p -f true; 0 where there is no unshare */
	double run;     /* tsem run -- true, with the programs loaded */
};

/* Runs each rounds times, in turn, after one that does not count. self: the path of tsem; name: of the session. */
int start_times_measure(const char *self, const char *name, unsigned rounds, struct start_times *ret_times,
			struct tsem_error *error);

#endif
