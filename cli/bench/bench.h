/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_BENCH_H
#define TSEM_CLI_BENCH_H

#include "../../lib/tsem.h"

/* Nanoseconds of time, from some beginning. */
double bench_now(void);
/* The smallest first. */
void bench_sort(double *costs, unsigned count);

/* The duration of the start of a workload, in nanoseconds: medians. */
struct start_times {
	double plain; /* true */
	double unshare; /* unshare -p -f true; 0 where there is no unshare */
	double run; /* tsem run -- true, with the programs loaded */
};

/* Runs each rounds times, in turn, after one that does not count. self: the path of tsem; name: of the session. */
int start_times_measure(const char *self, const char *name, unsigned rounds, struct start_times *ret_times,
			struct tsem_error *error);

#endif
