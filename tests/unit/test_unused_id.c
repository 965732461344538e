/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ids that nobody has: in user namespaces with few of them, so that chance does not find the right one. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/base/unused_id.h"
#include "unit.h"

#define FIRST_TWO "0 0 1\n61184 61184 2\n"
#define ROUNDS 16

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A process that has the id and, like those that talk to strangers, leaves no core dump. */
static pid_t live_as(uid_t id)
{
	int ready[2];
	char byte;
	pid_t pid = pipe(ready) ? -1 : fork();

	if (!pid) {
		if (setresuid(id, id, id) || prctl(PR_SET_DUMPABLE, 0) || write(ready[1], "", 1) != 1)
			_exit(1);
		close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static bool write_map(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;
	bool written;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return written;
}

/* What the function returns in a user namespace of that map. */
static int within(const char *map, int (*fn)(void))
{
	int made[2], go[2], status = -1;
	char byte;
	pid_t pid;

	if (pipe(made) || pipe(go))
		return -1;
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || write(made[1], "", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(100);
		_exit(fn());
	}
	if (pid > 0 && read(made[0], &byte, 1) == 1 && write_map(pid, "uid_map", map) &&
	    write_map(pid, "gid_map", map) && write(go[1], "", 1) == 1)
		waitpid(pid, &status, 0);
	else
		end(pid);
	for (int i = 0; i < 2; i++) {
		close(made[i]);
		close(go[i]);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int find_none(void)
{
	uid_t id;

	return unused_id(&id) == -ENXIO ? 0 : 1;
}

/* Of two, the one that nobody has, each time; then none. */
static int find_other(void)
{
	pid_t first = live_as(UNUSED_ID_FIRST), second;
	uid_t id = 0;
	int r = first < 0;

	for (int i = 0; !r && i < ROUNDS; i++)
		r = unused_id(&id) || id != UNUSED_ID_FIRST + 1 ? 2 : 0;
	second = live_as(UNUSED_ID_FIRST + 1);
	if (!r)
		r = second < 0 || unused_id(&id) != -EUSERS ? 3 : 0;
	end(first);
	end(second);
	return r;
}

void test_unused_id(void)
{
	uid_t id = 0;

	CHECK(!unused_id(&id) && id >= UNUSED_ID_FIRST && id <= UNUSED_ID_LAST);
	if (geteuid()) {
		unit_skip("only root makes the user namespaces of this test");
		return;
	}
	CHECK(!within("0 0 1\n", find_none));
	CHECK(!within(FIRST_TWO, find_other));
}
