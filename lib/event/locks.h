/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events whose task holds a lock that others need, while it waits for an answer. */
#ifndef TSEM_LIB_LOCKS_H
#define TSEM_LIB_LOCKS_H

#include "../tsem.h"

/* The longest wait for an answer to such an event, however patient everybody else is. */
#define LOCKED_MS 15000

/* Whether the kernel calls the hook of the event with the object, its directory, or something larger locked. */
bool record_locks(const struct tsem_record *record);

#endif
