/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The system's log, by its socket /dev/log: journald or a syslog daemon. Not by syslog(3), which waits for a daemon
 * that does not read: meanwhile the caller would not empty the workload's ring.
 */
#ifndef TSEM_CLI_JOURNAL_H
#define TSEM_CLI_JOURNAL_H

#include "../../lib/tsem.h"

struct journal {
	int socket; /* -1: closed */
	bool present; /* there was a log when it was opened */
	tsem_u64 lost; /* messages that the log did not take */
};

/* Without a log, messages go nowhere, and are not counted. */
void journal_open(struct journal *journal);
/* One message of priority warning. Newlines become blanks. Never waits. */
void journal_write(struct journal *journal, const char *text);
void journal_close(struct journal *journal);

#endif
