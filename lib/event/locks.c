/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "locks.h"

#include <string.h>

bool record_locks(const struct tsem_record *record)
{
	const char *name = tsem_event_name(record->event);

	switch (record->event) {
	case TSEM_EVENT_task_setscheduler: /* of whoever is moved to another control group */
	case TSEM_EVENT_sb_remount:
		return true;
	default:
		return name && !strncmp(name, "inode_", strlen("inode_"));
	}
}
