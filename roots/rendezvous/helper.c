/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The process whose executable lies on the file system of the answers (docs/tma.md).
 * It exists, and it watches: an orchestrator that gives no sign of life for so
 * long that it cannot answer in time either is killed, which ends everybody's
 * waiting.
 *
 *	helper ORCHESTRATOR-PID MILLISECONDS <signs of life >a byte when it watches
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct pollfd signs = {.fd = 0, .events = POLLIN};
	char bytes[256];
	sigset_t all;
	int pidfd, r;

	if (argc != 3)
		return 2;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	pidfd = syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	/* Its pages come from the process that it watches. */
	if (pidfd < 0 || mlockall(MCL_CURRENT | MCL_FUTURE))
		return 1;
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	if (write(1, "", 1) != 1)
		return 1;
	close(1);
	for (;;) {
		r = poll(&signs, 1, atoi(argv[2]));
		if (!r)
			syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		if (r <= 0 || read(0, bytes, sizeof(bytes)) <= 0)
			return 0;
	}
}
