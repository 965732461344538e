/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who starts the programs of a session. */
#ifndef TSEM_LIB_ORIGIN_H
#define TSEM_LIB_ORIGIN_H

#include "../tsem.h"

/* The path of the control group that the session is bound to, or was. False: to none, its programs are started by tsem. */
bool session_origin(const char *name, char *ret_group, size_t size);

#endif
