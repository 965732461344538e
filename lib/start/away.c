/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "away.h"

#include <sys/wait.h>
#include <unistd.h>

pid_t fork_away(void)
{
	pid_t pid = fork();
	int status;

	if (pid > 0)
		return waitpid(pid, &status, 0) == pid && !status ? pid : -1;
	if (pid)
		return pid;
	setsid(); /* and not as its leader, so that it never gets a terminal */
	pid = fork();
	if (pid)
		_exit(pid < 0);
	return 0;
}
