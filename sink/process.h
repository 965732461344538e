/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes that talk to strangers: this same program under another name, which main() looks at. */
#ifndef TSEM_SINK_PROCESS_H
#define TSEM_SINK_PROCESS_H

#include <sys/types.h>

/* Its standard input is the socket, the other two are nothing. Returns 0 or a positive errno. */
int process_start(const char *name, int socket, pid_t *ret_pid);

#endif
