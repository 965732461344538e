/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Units of systemd, and their control groups. */
#ifndef TSEM_CLI_UNIT_H
#define TSEM_CLI_UNIT_H

#include "../../lib/tsem.h"

#include <limits.h>

#define UNIT_NAME_MAX 256

/* The name with .service where it has no type. -EINVAL when it cannot be one of a service, scope or slice. */
int unit_name(const char *text, char ret_name[UNIT_NAME_MAX], struct tsem_error *error);
/* Forgets what the unit has its programs told: who may write that may not choose what runs with all privileges. */
void unit_forget_environment(void);
/* The path of the unit's control group. Without asking systemd for who runs in it. -ENOENT when it has none now. */
int unit_group(const char *name, char *ret_path, size_t size, struct tsem_error *error);

#endif
