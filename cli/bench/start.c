/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "bench.h"
#include "../../lib/base/ticks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAYS 3

double bench_now(void)
{
	return ticks_now();
}

/* Executes the words with all standard descriptors on /dev/null. */
static void execute_silently(char *const *words)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	execvp(words[0], words);
	_exit(127);
}

/* Returns the exit status, or -1; *ret_time is how long it took. */
static int once(char *const *words, double *ret_time)
{
	double before = bench_now();
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		execute_silently(words);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	*ret_time = bench_now() - before;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void bench_sort(double *costs, unsigned count)
{
	qsort(costs, count, sizeof(*costs), by_size);
}

static double median(double *times, unsigned count)
{
	bench_sort(times, count);
	return times[count / 2];
}

int start_times_measure(const char *self, const char *name, unsigned rounds, struct start_times *ret_times,
			struct tsem_error *error)
{
	char *plain[] = {"true", NULL}, *unshare[] = {"unshare", "-p", "-f", "true", NULL};
	char *run[] = {(char *)self, "run", "--name", (char *)name, "--quiet", "--", "true", NULL};
	char *const *ways[WAYS] = {plain, unshare, run};
	double *times = calloc(WAYS * rounds, sizeof(*times)), warm;
	int status[WAYS] = {0};

	if (!times)
		return tsem_error_set(error, ENOMEM, "out of memory");
	for (unsigned way = 0; way < WAYS; way++)
		status[way] = once(ways[way], &warm);
	for (unsigned i = 0; i < rounds; i++)
		for (unsigned way = 0; way < WAYS; way++)
			status[way] |= once(ways[way], &times[way * rounds + i]);
	ret_times->plain = median(times, rounds);
	ret_times->unshare = status[1] ? 0 : median(times + rounds, rounds);
	ret_times->run = median(times + 2 * rounds, rounds);
	free(times);
	if (status[0] || status[2])
		return tsem_error_set(error, ECHILD, "the start of a workload could not be measured: `%s` fails",
				      status[0] ? "true" : "tsem run -- true");
	return 0;
}
