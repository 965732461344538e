/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * namespaces COUNT MODEL: so many enforcing namespaces at the same time, each
 * with one process that sleeps. Says "ready", and holds them until it is ended.
 *
 * namespaces turn COUNT MODEL: so many, one after the other, each with one
 * process that ends.
 */
#include "../lib/tsem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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

static int create(struct tsem_kernel *kernel, const struct tsem_model *model, unsigned int number,
		  struct tsem_orchestrator **ret_orchestrator, struct tsem_error *error)
{
	char name[TSEM_NAME_MAX];
	const struct tsem_namespace_options options = {
		.size = sizeof(options),
		.name = name,
		.mode = TSEM_MODE_ENFORCING,
		.options = model->options,
		.model = model,
	};

	snprintf(name, sizeof(name), "beside-%u", number);
	return tsem_orchestrator_create(kernel, &options, ret_orchestrator, error);
}

static int enter(struct tsem_orchestrator *orchestrator, pid_t pid, struct tsem_error *error)
{
	int r, pidfd = syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return tsem_error_set(error, ESRCH, "cannot start a process");
	r = tsem_orchestrator_enter(orchestrator, pidfd, error);
	close(pidfd);
	return r;
}

/* The orchestrator is held until the end. */
static int add(struct tsem_kernel *kernel, const struct tsem_model *model, unsigned int number, const int ends[2],
	       struct tsem_error *error)
{
	struct tsem_orchestrator *orchestrator;
	int r = create(kernel, model, number, &orchestrator, error);

	return r ? r : enter(orchestrator, sleeper(ends), error);
}

/* A task is counted until the kernel has freed it. */
static int await_end(const struct tsem_orchestrator *orchestrator, struct tsem_error *error)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	struct tsem_status status;
	int r;

	for (unsigned int i = 0; i < 20000; i++) {
		r = tsem_orchestrator_status(orchestrator, &status, error);
		if (r || status.tasks <= 0)
			return r;
		nanosleep(&pause, NULL);
	}
	return tsem_error_set(error, ETIMEDOUT, "a task does not end");
}

static int turn(struct tsem_kernel *kernel, const struct tsem_model *model, struct tsem_error *error)
{
	struct tsem_orchestrator *orchestrator;
	int ends[2], r = create(kernel, model, 0, &orchestrator, error);
	pid_t pid;

	if (r)
		return r;
	if (pipe(ends))
		return tsem_error_set(error, errno, "cannot make a pipe");
	pid = sleeper(ends);
	close(ends[0]);
	r = enter(orchestrator, pid, error);
	close(ends[1]);
	waitpid(pid, NULL, 0);
	if (!r)
		r = await_end(orchestrator, error);
	return r ? r : tsem_orchestrator_destroy(orchestrator, error);
}

static int hold(struct tsem_kernel *kernel, const struct tsem_model *model, unsigned int count,
		struct tsem_error *error)
{
	int ends[2];

	if (pipe(ends))
		return tsem_error_set(error, errno, "cannot make a pipe");
	for (unsigned int i = 0; i < count; i++)
		if (add(kernel, model, i, ends, error))
			return -1;
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	bool turns = argc == 4 && !strcmp(argv[1], "turn");
	unsigned int count = argc == 3 + turns ? atoi(argv[1 + turns]) : 0;
	struct tsem_error error = {};
	struct tsem_kernel *kernel;
	struct tsem_model *model;
	int r = 0;

	if (!count) {
		fprintf(stderr, "usage: namespaces [turn] COUNT MODEL\n");
		return 2;
	}
	if (tsem_model_read(argv[2 + turns], &model, &error) || tsem_kernel_open(0, &kernel, &error))
		return fail(&error);
	if (!turns)
		r = hold(kernel, model, count, &error);
	for (unsigned int i = 0; turns && !r && i < count; i++)
		r = turn(kernel, model, &error);
	tsem_kernel_close(kernel);
	return r ? fail(&error) : 0;
}
