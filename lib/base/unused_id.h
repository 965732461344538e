/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A user id for a process that must be out of everybody's reach, and have nobody in its own. */
#ifndef TSEM_LIB_BASE_UNUSED_ID_H
#define TSEM_LIB_BASE_UNUSED_ID_H

#include "../tsem.h"

#include <sys/types.h>

/* The range for such ids; systemd's DynamicUser= uses the same one. */
#define UNUSED_ID_FIRST 61184u
#define UNUSED_ID_LAST 65519u

/*
 * One that no user, group and process has now. -errno: EUSERS: there is none; ENXIO: this user namespace has none of
 * them, neither for users nor for groups.
 */
int unused_id(uid_t *ret_id);

#endif
