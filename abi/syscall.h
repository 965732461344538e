/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls that a namespace has used while it learned: docs/syscalls.md. The table of all calls is syscalls.def. */
#ifndef TSEM_ABI_SYSCALL_H
#define TSEM_ABI_SYSCALL_H

#include "types.h"

/* Numbers are below this; a call of a higher one does nothing. */
#define TSEM_SYSCALL_LIMIT 512
/*
 * In place of a number: any call of a 32-bit program; the number of kept arguments; the number of those that found no
 * room.
 */
#define TSEM_SYSCALL_COMPAT 512u
#define TSEM_SYSCALL_COUNT 513u
#define TSEM_SYSCALL_LEFT 514u

/* A workload must not fill the map: the maximum of different arguments of all calls together. */
#define TSEM_SYSCALL_ARGUMENTS 256
#define TSEM_SYSCALL_ENTRIES 1024 /* of the map: all numbers, all arguments, and room to spare */

/* Key of a namespace's map of calls; the value is a number, which counts for COUNT and LEFT only. */
struct tsem_syscall {
	tsem_u32 number;
	tsem_u32 argument; /* of the calls that have one in syscalls.def, else 0 */
};
TSEM_SIZE(tsem_syscall, 8);

#endif
