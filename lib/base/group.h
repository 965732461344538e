/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control group that a process is in. */
#ifndef TSEM_LIB_BASE_GROUP_H
#define TSEM_LIB_BASE_GROUP_H

#include <limits.h>

/* Of the process in /proc, or "self": its control group of version 2, below the root, "/..."; empty: it cannot be read. */
void control_group_of(const char *process, char ret_path[PATH_MAX]);

#endif
