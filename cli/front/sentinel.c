/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sentinel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A sender that signals each member of a group separately needs some time for all of them. */
#define GRACE_NS 5000000

static void take_signal(int signal)
{
	uint64_t one = 1ull << (signal - 1);
	struct timespec at_once = {};

	syscall(SYS_rt_sigtimedwait, &one, NULL, &at_once, sizeof(one));
}

/*
 * Every signal is blocked here and stays pending until it is taken. Closes every descriptor that another process may
 * wait on.
 */
static void watch(int take, int taken)
{
	unsigned char signal;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, "tsem-group", 0, 0, 0);
	dup2(take, STDIN_FILENO);
	dup2(taken, STDOUT_FILENO);
	close_range(STDERR_FILENO, ~0u, 0);
	while (read(STDIN_FILENO, &signal, 1) == 1) {
		take_signal(signal);
		if (write(STDOUT_FILENO, &signal, 1) != 1)
			break;
	}
	_exit(0);
}

void sentinel_start(struct sentinel *ret_sentinel)
{
	int take[2], taken[2];

	*ret_sentinel = (struct sentinel){.take = -1, .taken = -1};
	if (pipe2(take, O_CLOEXEC))
		return;
	if (!pipe2(taken, O_CLOEXEC)) {
		ret_sentinel->pid = fork();
		if (!ret_sentinel->pid)
			watch(take[0], taken[1]);
		close(taken[1]);
		ret_sentinel->taken = taken[0];
	}
	close(take[0]);
	ret_sentinel->take = take[1];
	if (ret_sentinel->pid <= 0)
		sentinel_end(ret_sentinel);
}

static bool is_pending(pid_t pid, int signal)
{
	unsigned long long pending = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "ShdPnd: %llx", &pending) == 1)
			break;
	if (file)
		fclose(file);
	return pending >> (signal - 1) & 1;
}

bool sentinel_got(const struct sentinel *sentinel, int signal)
{
	unsigned char number = signal;
	bool got;

	if (sentinel->pid <= 0)
		return false;
	got = is_pending(sentinel->pid, signal);
	if (!got) {
		nanosleep(&(struct timespec){.tv_nsec = GRACE_NS}, NULL);
		got = is_pending(sentinel->pid, signal);
	}
	if (got && (write(sentinel->take, &number, 1) != 1 || read(sentinel->taken, &number, 1) != 1))
		return true; /* it is gone, and this was its last */
	return got;
}

void sentinel_end(struct sentinel *sentinel)
{
	if (sentinel->pid > 0) {
		kill(sentinel->pid, SIGKILL);
		waitpid(sentinel->pid, NULL, 0);
	}
	if (sentinel->take >= 0)
		close(sentinel->take);
	if (sentinel->taken >= 0)
		close(sentinel->taken);
	*sentinel = (struct sentinel){.take = -1, .taken = -1};
}
