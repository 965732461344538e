/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ptracer PID: attaches to the process as a debugger does and lets it go again.
 * Status 0 and "attached", or 1 and the error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL)) {
		printf("errno %d: %s\n", errno, strerror(errno));
		return 1;
	}
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	puts("attached");
	return 0;
}
