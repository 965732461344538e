/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens the kernel side, and shows progress to a waiting user. */
#ifndef TSEM_CLI_LOADING_H
#define TSEM_CLI_LOADING_H

#include "../../lib/tsem.h"

/*
 * tsem_kernel_open(). When it has to load the programs and that takes more than a moment, standard error says so with
 * the text, and shows that it goes on, if it is a terminal.
 */
int kernel_open_told(unsigned flags, const char *text, struct tsem_kernel **ret_kernel, struct tsem_error *error);

#define LOADING_FOR_ONE \
	"loading the programs into the kernel; `tsem load` keeps them there, so that this happens only once"
#define LOADING_FOR_GOOD \
	"loading the programs into the kernel, which happens only once: they stay until `tsem unload` or a reboot"

#endif
