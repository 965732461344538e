/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * namespaces COUNT MODEL: so many enforcing namespaces at the same time, each
 * with one process that sleeps. Says "ready", and holds them until it is ended.
 */
#include "../lib/tsem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const struct tsem_error *error)
{
	fprintf(stderr, "namespaces: %s\n", error->text);
	return 1;
}

/* Ends with the pipe, which ends with this program. No signal: that is an event. */
static pid_t sleeper(const int ends[2])
{
	pid_t pid = fork();
	char byte;

	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	return pid;
}

static int add(struct tsem_kernel *kernel, const struct tsem_model *model, unsigned int number, const int ends[2],
	       struct tsem_error *error)
{
	struct tsem_orchestrator *orchestrator;
	char name[TSEM_NAME_MAX];
	const struct tsem_namespace_options options = {
		.name = name, .mode = TSEM_MODE_ENFORCING, .options = model->options, .model = model,
	};
	int pidfd, r;

	snprintf(name, sizeof(name), "beside-%u", number);
	r = tsem_orchestrator_create(kernel, &options, &orchestrator, error);
	if (r)
		return r;
	pidfd = syscall(SYS_pidfd_open, sleeper(ends), 0);
	if (pidfd < 0)
		return tsem_error_set(error, ESRCH, "cannot start a process");
	r = tsem_orchestrator_enter(orchestrator, pidfd, error);
	close(pidfd);
	return r; /* the orchestrator is held until the end */
}

int main(int argc, char **argv)
{
	struct tsem_error error = {};
	struct tsem_kernel *kernel;
	struct tsem_model *model;
	unsigned int i, count = argc == 3 ? atoi(argv[1]) : 0;
	int ends[2];

	if (!count) {
		fprintf(stderr, "usage: namespaces COUNT MODEL\n");
		return 2;
	}
	if (tsem_model_read(argv[2], &model, &error) || tsem_kernel_open(0, &kernel, &error))
		return fail(&error);
	if (pipe(ends)) {
		perror("namespaces: pipe");
		return 1;
	}
	for (i = 0; i < count; i++)
		if (add(kernel, model, i, ends, &error))
			return fail(&error);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
