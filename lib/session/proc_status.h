/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What /proc/TID/status says of a task. */
#ifndef TSEM_PROC_STATUS_H
#define TSEM_PROC_STATUS_H

#include "../tsem.h"

/* The number after key, as "\nUid:", and the given number of others; 0 without it. base: as of strtoull(3). */
tsem_u64 proc_status_number(const char *status, const char *key, unsigned others, int base);
/* The ids and capabilities. Those of another user namespace are as the reader's sees them. */
struct tsem_coe proc_status_coe(const char *status);

#endif
