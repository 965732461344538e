/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where lines go that somebody reads at a speed of his own, or not at all: a file, or a FIFO, a pipe, a terminal. Whatever
 * is waited for, somebody may want an end.
 */
#ifndef TSEM_CLI_OUTLET_H
#define TSEM_CLI_OUTLET_H

#include "../../lib/tsem.h"

struct outlet {
	int fd;
	int signals; /* readable when somebody may want an end; -1: nobody */
	bool (*ends)(void *context); /* whether that was it */
	void *context;
};

/* path NULL: standard output. signals, ends and context are set. A negative errno; -ECANCELED: somebody wanted an end. */
int outlet_open(struct outlet *outlet, const char *path);
/* All of it, or a negative errno, as above; *ret_written, in any case. */
int outlet_write(const struct outlet *outlet, const char *bytes, size_t size, size_t *ret_written);
/* A negative errno when what was written is not there. */
int outlet_close(struct outlet *outlet);

#endif
