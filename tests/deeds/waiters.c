// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Many tasks that wait for a verdict at one time.
 *
 * waiters N FILE GO    N children open FILE, all at once as soon as there is a
 *                      file GO. Prints "begin", and at the end
 *                      "OPENED opened, REFUSED refused, KILLED killed, slowest MS ms".
 *
 * After it has begun nothing but the opens is an event of the set core.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct result {
	int opened, error;
	long ms;
};

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void ignore(int signal)
{
	(void)signal;
}

static void child(const char *file, int go, struct result *result)
{
	long from;
	char c;
	int fd;

	signal(SIGUSR1, ignore);
	if (read(go, &c, 1)) /* until its other end is closed */
		_exit(2);
	from = now_ms();
	fd = open(file, O_RDONLY);
	result->error = fd < 0 ? errno : 0;
	result->opened = fd >= 0;
	result->ms = now_ms() - from;
	_exit(0);
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? atoi(argv[1]) : 0, go[2], opened = 0, refused = 0;
	struct result *results =
		mmap(NULL, (n + 1) * sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec pause = {.tv_nsec = 20000000};
	long slowest = 0;

	if (n < 1 || results == MAP_FAILED || pipe(go))
		return 2;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 3;
		if (pid)
			continue;
		close(go[1]);
		child(argv[2], go[0], &results[i]);
	}
	printf("begin\n");
	fflush(stdout);
	while (access(argv[3], F_OK))
		nanosleep(&pause, NULL);
	close(go[1]);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	for (int i = 0; i < n; i++) {
		opened += results[i].opened;
		refused += results[i].error == EPERM;
		slowest = results[i].ms > slowest ? results[i].ms : slowest;
	}
	printf("%d opened, %d refused, %d killed, slowest %ld ms\n", opened, refused, n - opened - refused, slowest);
	return 0;
}
