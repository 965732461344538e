/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process that talks to a stranger gives up, in this order. A step that fails is an error, EACCES: trying again
 * does not change it. Only Landlock may be missing in a kernel.
 */
#ifndef TSEM_SINK_CONFINE_H
#define TSEM_SINK_CONFINE_H

#include "../lib/tsem.h"

/*
 * Descriptors, its life after its parent, core dumps, other programs' privileges. -ENOTSOCK, and no error: it is not a
 * child of tsem's.
 */
int confine_begin(const char *name, struct tsem_error *error);
int confine_memory(unsigned mib, struct tsem_error *error);
/* A file that it still reads when it may not any more: the path becomes that of a copy in memory, and is freed. */
int confine_copy(char **path, int *ret_fd, struct tsem_error *error);
/* Before anything that comes from the network: being root, capabilities, and all that can be done to files but reading. threads: it starts some. */
int confine_privileges(bool threads, struct tsem_error *error);
/* When names are resolved: files, with certificates: but those of the system's authorities. */
int confine_reading(bool certificates, struct tsem_error *error);

#endif
