/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An output for lines whose reader may be slow or absent: a file, a FIFO, a pipe, a terminal. Every wait can be
 * interrupted.
 */
#ifndef TSEM_CLI_OUTLET_H
#define TSEM_CLI_OUTLET_H

#include "../../lib/tsem.h"

struct outlet {
	int fd;
	int signals; /* readable when a signal may ask to end; -1: never */
	bool (*ends)(void *context); /* whether that was it */
	void *context;
};

/*
 * path NULL: standard output. signals, ends and context are set. A negative errno; -ECANCELED: a signal asked to end.
 */
int outlet_open(struct outlet *outlet, const char *path);
/* All of it, or a negative errno, as above; *ret_written, in any case. */
int outlet_write(const struct outlet *outlet, const char *bytes, size_t size, size_t *ret_written);
/* A negative errno when the written data is not there. */
int outlet_close(struct outlet *outlet);

#endif
