// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Looks at files as it is told, one line of standard input after the other, and
 * answers each with one line: how often it was done, refused (EPERM), failed.
 *
 *	open PATH N     opens the file N times
 *	map PATH N      maps it N times, to be read and executed
 *	run PATH N      executes it N times
 *	hold PATH       opens it and keeps it; again N: opens what is kept, by its descriptor
 *	at NAME N       opens a name in the directory that is kept, N times
 *	euid ID, chroot DIR, mounts (a mount namespace of its own)
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int done, refused, failed, held = -1;

static void tally(int result)
{
	if (result >= 0)
		done++;
	else if (errno == EPERM)
		refused++;
	else
		failed++;
}

static void open_one(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY);

	tally(fd);
	if (fd >= 0)
		close(fd);
}

static void map_one(int fd)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	tally(memory == MAP_FAILED ? -1 : 0);
	if (memory != MAP_FAILED)
		munmap(memory, 4096);
}

static void run_one(const char *path)
{
	int status = 0;
	pid_t pid = vfork();

	if (!pid) {
		execl(path, path, (char *)NULL);
		_exit(errno == EPERM ? 126 : 127);
	}
	waitpid(pid, &status, 0);
	errno = WIFEXITED(status) && WEXITSTATUS(status) == 126 ? EPERM : EIO;
	tally(WIFEXITED(status) && WEXITSTATUS(status) < 126 ? 0 : -1);
}

static void map_all(const char *path, int count)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0) {
		tally(fd);
		return;
	}
	while (count-- > 0)
		map_one(fd);
	close(fd);
}

static void hold(const char *path)
{
	if (held >= 0)
		close(held);
	held = open(path, O_RDONLY);
	tally(held);
}

static void obey(const char *word, const char *argument, int count)
{
	char again[64];

	snprintf(again, sizeof(again), "/proc/self/fd/%d", held);
	if (!strcmp(word, "hold"))
		hold(argument);
	else if (!strcmp(word, "map"))
		map_all(argument, count);
	else if (!strcmp(word, "euid"))
		tally(seteuid(atoi(argument)));
	else if (!strcmp(word, "chroot"))
		tally(chroot(argument) || chdir("/") ? -1 : 0);
	else if (!strcmp(word, "mounts"))
		tally(unshare(CLONE_NEWNS));
	else
		for (int i = 0; i < count; i++) {
			if (!strcmp(word, "open"))
				open_one(AT_FDCWD, argument);
			else if (!strcmp(word, "again"))
				open_one(AT_FDCWD, again);
			else if (!strcmp(word, "at"))
				open_one(held, argument);
			else if (!strcmp(word, "run"))
				run_one(argument);
		}
}

int main(void)
{
	char line[1024], word[16], argument[512];
	int count;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		count = 1;
		argument[0] = '\0';
		if (sscanf(line, "%15s %511s %d", word, argument, &count) < 1)
			continue;
		done = refused = failed = 0;
		obey(word, argument, count);
		printf("%d %d %d\n", done, refused, failed);
	}
	return 0;
}
