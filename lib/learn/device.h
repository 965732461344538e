/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the kernel names devices: by where they are, and in the order in which it found them. */
#ifndef TSEM_LIB_DEVICE_H
#define TSEM_LIB_DEVICE_H

#include "propose_part.h"

/* Whether the path is one of a device in sysfs. Symbolic links of other directories there lead to these. */
bool device_is_path(const char *path, size_t size);
/*
 * Appends the name of a directory there to a rule: of the path, the size bytes at that place. In the rule, what another
 * machine may have otherwise is a part.
 */
bool device_put_name(struct tsem_name_rule *rule, const char *path, size_t at, size_t size);

#endif
