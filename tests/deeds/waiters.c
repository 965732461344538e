// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Many tasks that wait for a verdict at one time.
 *
 * waiters N FILE GO    N children open FILE, all at once as soon as there is a
 *                      file GO. Prints "begin", and at the end
 *                      "OPENED opened, REFUSED refused, KILLED killed, slowest MS ms".
 * waiters N signals GO    the same of N signals to a child, whose hook may not sleep:
 *                      "SENT sent, REFUSED refused".
 *
 * After it has begun nothing but these is an event of the default set.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void begin(const char *go)
{
	struct timespec pause = {.tv_nsec = 20000000};

	printf("begin\n");
	fflush(stdout);
	while (access(go, F_OK))
		nanosleep(&pause, NULL);
}

static int send_signals(int n, const char *go)
{
	int sent = 0, refused = 0, alive[2];
	char c;
	pid_t pid;

	if (pipe(alive))
		return 2;
	pid = fork();
	if (!pid) {
		close(alive[1]);
		return read(alive[0], &c, 1); /* until its parent has ended */
	}
	begin(go);
	for (int i = 0; i < n; i++) {
		int r = kill(pid, SIGCONT);

		sent += !r;
		refused += r && errno == EPERM;
	}
	printf("%d sent, %d refused\n", sent, refused);
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? atoi(argv[1]) : 0, go[2], opened = 0, refused = 0;
	struct result *results =
		mmap(NULL, (n + 1) * sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long slowest = 0;

	if (n < 1 || results == MAP_FAILED || pipe(go))
		return 2;
	if (!strcmp(argv[2], "signals"))
		return send_signals(n, argv[3]);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 3;
		if (pid)
			continue;
		close(go[1]);
		child(argv[2], go[0], &results[i]);
	}
	begin(argv[3]);
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
