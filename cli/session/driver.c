/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "driver.h"
#include "../../lib/start/inherited.h"
#include "../text/text.h"
#include "../../lib/base/ticks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORPHAN_PATIENCE 10 /* seconds for a driver to notice that there is nothing left to drive */

int driver_signal_parse(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) ? text : text + 3;
	char *end;
	long number = strtol(text, &end, 10);

	if (*text && !*end)
		return number > 0 && number < NSIG ? number : 0;
	for (int signal = 1; signal < NSIG; signal++)
		if (sigabbrev_np(signal) && !strcasecmp(name, sigabbrev_np(signal)))
			return signal;
	return 0;
}

/* In the child. MAINPID is the name that commands of a systemd unit use. */
static void run_command(const char *command, pid_t main_pid)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char number[16];

	inherited_give();
	snprintf(number, sizeof(number), "%d", (int)main_pid);
	if (inherited_give_limits(getpid()) || setpgid(0, 0) || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    setenv("MAINPID", number, 1))
		_exit(125);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

/* The process, or a negative errno. */
static pid_t start_command(const char *command, pid_t main_pid, struct tsem_error *error)
{
	pid_t pid = fork();

	if (!pid)
		run_command(command, main_pid);
	return pid < 0 ? tsem_error_set(error, errno, "cannot start \"%s\": %s", command, strerror(errno)) : pid;
}

static int watch(struct driver *d, pid_t pid, struct tsem_error *error)
{
	setpgid(pid, pid); /* parent and child both do it */
	d->descriptor = syscall(SYS_pidfd_open, pid, 0);
	return d->descriptor < 0 ? tsem_error_set(error, errno, "cannot watch the driver: %s", strerror(errno)) : 0;
}

int driver_start(struct driver *d, const struct workload *w, struct tsem_error *error)
{
	d->pid = start_command(d->command, w->pid, error);
	if (d->pid < 0)
		return d->pid;
	d->state = DRIVER_DRIVES;
	return watch(d, d->pid, error);
}

static bool has_ended(struct driver *d, pid_t *pid, int *ret_status)
{
	int status;

	if (*pid <= 0 || waitpid(*pid, &status, WNOHANG) != *pid)
		return false;
	*pid = 0;
	close(d->descriptor);
	d->descriptor = -1;
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

static int begin_stop(struct driver *d, const struct workload *w, bool ended, struct tsem_error *error)
{
	d->state = DRIVER_STOPS;
	d->deadline = ticks_now() + d->patience * TICKS_SECOND;
	if (d->stop) {
		d->stopper = start_command(d->stop, w->pid, error);
		return d->stopper < 0 ? d->stopper : watch(d, d->stopper, error);
	}
	if (!ended)
		syscall(SYS_pidfd_send_signal, w->pidfd, d->stop_signal, NULL, 0);
	return 0;
}

/* Processes that CMD left running get the signal too, once: one may be a daemon that CMD only started. */
static int stop_rest(struct driver *d, const struct workload *w, bool ended, struct tsem_error *error)
{
	size_t count;

	if (!ended || d->stop || d->told_rest)
		return 0;
	d->told_rest = true;
	return tsem_orchestrator_signal(w->orchestrator, d->stop_signal, &count, error);
}

static void signal_commands(const struct driver *d, int signal)
{
	if (d->pid > 0)
		kill(-d->pid, signal);
	if (d->stopper > 0)
		kill(-d->stopper, signal);
}

static void end_commands(struct driver *d)
{
	signal_commands(d, SIGTERM);
	d->killing = ticks_now() + d->patience * TICKS_SECOND;
}

static void kill_commands(struct driver *d)
{
	if (!d->killing || ticks_now() < d->killing)
		return;
	signal_commands(d, SIGKILL);
	d->killing = 0;
}

static int enforce_deadline(struct driver *d, const struct workload *w, struct tsem_error *error)
{
	size_t count;

	if (!d->deadline || ticks_now() < d->deadline)
		return 0;
	if (d->state == DRIVER_DRIVES) {
		end_commands(d);
		d->deadline = 0;
		return 0;
	}
	if (!d->killed)
		fprintf(stderr,
			"tsem: %s did not end within %u second%s and is killed (--stop-signal, --stop, --stop-timeout)\n",
			w->argv[0], d->patience, plural(d->patience));
	d->killed = true;
	signal_commands(d, SIGKILL);
	d->deadline = ticks_now() + TICKS_SECOND; /* until no process is left that could start another */
	return tsem_orchestrator_signal(w->orchestrator, SIGKILL, &count, error);
}

/* A test of a server that has ended may wait for ever. */
static int check_for_orphan(struct driver *d, const struct workload *w, struct tsem_error *error)
{
	struct tsem_status ns;
	int r = tsem_orchestrator_status(w->orchestrator, &ns, error);

	if (r || d->told_orphan || ns.tasks > 0)
		return r;
	d->told_orphan = true;
	if (!w->status)
		return 0;
	fprintf(stderr, "tsem: %s has ended with status %d, and there is nothing left to drive\n", w->argv[0],
		w->status);
	d->deadline = ticks_now() + ORPHAN_PATIENCE * TICKS_SECOND;
	return 0;
}

static int stop_turn(struct driver *d, const struct workload *w, bool ended, struct tsem_error *error)
{
	int status;

	if (has_ended(d, &d->stopper, &status) && status)
		fprintf(stderr, "tsem: \"%s\" ended with status %d\n", d->stop, status);
	return stop_rest(d, w, ended, error);
}

int driver_turn(struct driver *d, struct workload *w, bool ended, struct tsem_error *error)
{
	int r = 0;

	if (!d || d->state == DRIVER_WAITS)
		return 0;
	if (w->interrupted && !d->interrupted) {
		d->interrupted = true;
		end_commands(d);
	}
	if (d->state == DRIVER_DRIVES && has_ended(d, &d->pid, &d->status))
		r = begin_stop(d, w, ended, error);
	else if (d->state == DRIVER_DRIVES && ended)
		r = check_for_orphan(d, w, error);
	if (!r && d->state == DRIVER_STOPS)
		r = stop_turn(d, w, ended, error);
	kill_commands(d);
	return r ? r : enforce_deadline(d, w, error);
}

int driver_fd(const struct driver *d)
{
	return driver_runs(d) ? d->descriptor : -1;
}

int driver_timeout(const struct driver *d)
{
	tsem_u64 at = ticks_now(), next;

	if (!d || (!d->deadline && !d->killing))
		return -1;
	next = !d->deadline || (d->killing && d->killing < d->deadline) ? d->killing : d->deadline;
	return next > at ? (next - at) / 1000000 + 1 : 0;
}

bool driver_runs(const struct driver *d)
{
	return d && (d->pid > 0 || d->stopper > 0);
}

void driver_end(struct driver *d)
{
	if (!driver_runs(d))
		return;
	end_commands(d);
	if (d->descriptor >= 0)
		close(d->descriptor);
}
