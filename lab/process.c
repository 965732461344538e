/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A negative errno goes up the pipe that exec closes. */
static void child_fail(int report, int err)
{
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static void child_streams(const struct lab_child *child, int report)
{
	const int wanted[] = {child->input, child->output, child->errors};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int i;

	if (null < 0)
		child_fail(report, -errno);
	for (i = 0; i < 3; i++)
		if (dup2(wanted[i] >= 0 ? wanted[i] : null, i) < 0)
			child_fail(report, -errno);
}

static void child_signals(void)
{
	sigset_t none;
	int number;

	for (number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_execute(const struct lab_child *child, pid_t parent, int report)
{
	size_t i;
	int err;

	/* Not in the terminal's foreground group: the runner handles Ctrl-C. */
	setsid();
	child_signals();
	child_streams(child, report);
	for (i = 0; i < child->inherit_count; i++)
		if (fcntl(child->inherit[i], F_SETFD, 0) < 0)
			child_fail(report, -errno);
	if (child->directory && chdir(child->directory) < 0)
		child_fail(report, -errno);
	err = child->prepare ? child->prepare() : 0;
	if (err)
		child_fail(report, err);
	/* After prepare(): a change of credentials clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	execvp(child->argv[0], (char *const *)child->argv);
	child_fail(report, -errno);
}

pid_t lab_child_start(const struct lab_child *child)
{
	pid_t parent = getpid();
	int report[2];
	int err = 0;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child_execute(child, parent, report[1]);
	if (pid < 0)
		err = -errno;
	close(report[1]);
	if (!err && read(report[0], &err, sizeof(err)) == sizeof(err))
		lab_child_wait(pid);
	close(report[0]);
	return err ? err : pid;
}

int lab_child_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void lab_child_kill(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(-*pid, SIGKILL);
	kill(*pid, SIGKILL);
	lab_child_wait(*pid);
	*pid = 0;
}

int lab_child_run(const char *const *argv, const char *directory, int output, struct tsem_error *error)
{
	struct lab_child child = {
		.argv = argv,
		.directory = directory,
		.input = -1,
		.output = output,
	};
	char line[256];
	int status;
	pid_t pid;

	child.errors = memfd_create("stderr", MFD_CLOEXEC);
	if (child.errors < 0) {
		tsem_error_set(error, errno, "cannot run %s: %s", argv[0], strerror(errno));
		return -1;
	}
	pid = lab_child_start(&child);
	status = pid > 0 ? lab_child_wait(pid) : 0;
	lab_log_tail(child.errors, 1, line, sizeof(line));
	close(child.errors);
	if (pid < 0)
		tsem_error_set(error, -pid, "cannot run %s: %s; install it", argv[0], strerror(-pid));
	else if (status)
		tsem_error_set(error, 0, "'%s %s' failed with status %d: %s", argv[0], argv[1] ? argv[1] : "", status,
			       line);
	return pid < 0 || status ? -1 : 0;
}
