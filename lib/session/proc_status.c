/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc_status.h"

#include <stdlib.h>
#include <string.h>

tsem_u64 proc_status_number(const char *status, const char *key, unsigned others, int base)
{
	const char *at = strstr(status, key);

	if (!at)
		return 0;
	at += strlen(key);
	while (others--) {
		at += strspn(at, " \t");
		at += strcspn(at, " \t\n");
	}
	return strtoull(at, NULL, base);
}

struct tsem_coe proc_status_coe(const char *status)
{
	return (struct tsem_coe){
		.uid = proc_status_number(status, "\nUid:", 0, 10),
		.euid = proc_status_number(status, "\nUid:", 1, 10),
		.suid = proc_status_number(status, "\nUid:", 2, 10),
		.fsuid = proc_status_number(status, "\nUid:", 3, 10),
		.gid = proc_status_number(status, "\nGid:", 0, 10),
		.egid = proc_status_number(status, "\nGid:", 1, 10),
		.sgid = proc_status_number(status, "\nGid:", 2, 10),
		.fsgid = proc_status_number(status, "\nGid:", 3, 10),
		.capeff = proc_status_number(status, "\nCapEff:", 0, 16),
	};
}
