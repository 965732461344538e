/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A process that the caller does not know. */
#ifndef TSEM_LIB_AWAY_H
#define TSEM_LIB_AWAY_H

#include <sys/types.h>

/* Returns 0 in a grandchild without a terminal; in the caller its first child, which has ended, or -1. */
pid_t fork_away(void);

#endif
