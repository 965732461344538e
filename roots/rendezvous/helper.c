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

#include "companion.h"

int main(int argc, char **argv)
{
	struct pollfd signs = {.fd = 0, .events = POLLIN};
	char bytes[256];
	int pidfd, r;

	if (argc != 3)
		return 2;
	pidfd = companion_begin(argv[1]);
	if (pidfd < 0 || !companion_ready(1))
		return 1;
	for (;;) {
		r = poll(&signs, 1, atoi(argv[2]));
		if (!r)
			syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		if (r <= 0 || read(0, bytes, sizeof(bytes)) <= 0)
			return 0;
	}
}
