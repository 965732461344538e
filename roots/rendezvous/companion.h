/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a process begins whose executable lies on a file system of the process that it goes with: both programs of roots/ that do. */
#ifndef TSEM_ROOTS_COMPANION_H
#define TSEM_ROOTS_COMPANION_H

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Nobody signals or traces it. A pidfd of the process whose number text is; negative: it is gone. */
static inline int companion_begin(const char *text)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_pidfd_open, atoi(text), 0);
}

/*
 * Has all its pages, which come from that process, and says so by a byte to report. Until then it ends with who started
 * it; from then on it needs nobody.
 */
static inline bool companion_ready(int report)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return false;
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	if (write(report, "", 1) != 1)
		return false;
	close(report);
	return true;
}

#endif
