/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "driver.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINGER_POLL_MS 20

static void supervised_signals(sigset_t *ret_set)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGCHLD, SIGPIPE};

	sigemptyset(ret_set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(ret_set, signals[i]);
}

/* Those of whoever started tsem: the workload gets them. Written once, before anything is loaded. */
static sigset_t original_mask;

void workload_hold_signals(void)
{
	sigset_t mask;

	supervised_signals(&mask);
	sigprocmask(SIG_BLOCK, &mask, &original_mask);
}

void workload_give_signals(void)
{
	sigprocmask(SIG_SETMASK, &original_mask, NULL);
}

static bool is_interruption(int signal)
{
	return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

static bool interrupted_already(void)
{
	sigset_t pending;
	bool is = false;

	sigpending(&pending);
	for (int signal = 1; signal < NSIG; signal++)
		is |= is_interruption(signal) && sigismember(&pending, signal) == 1;
	return is;
}

/* Whoever holds it controls namespaces: the workload must not. */
static int drop_control(void)
{
	static const cap_value_t control = CAP_MAC_ADMIN;
	cap_t caps = cap_get_proc();
	int r = -1;

	if (caps) {
		r = cap_set_flag(caps, CAP_EFFECTIVE, 1, &control, CAP_CLEAR) ||
		    cap_set_flag(caps, CAP_PERMITTED, 1, &control, CAP_CLEAR) ||
		    cap_set_flag(caps, CAP_INHERITABLE, 1, &control, CAP_CLEAR);
		if (!r)
			r = prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0) || cap_set_proc(caps);
		cap_free(caps);
	}
	return r ? -1 : 0;
}

static void child_report(int report, int code)
{
	if (write(report, &code, sizeof(code)) != sizeof(code))
		_exit(125); /* the orchestrator is gone */
}

/* In the child. What it does before it says that it is ready is not modeled, everything after is. */
static void child_run(const struct workload *w, int go, int report)
{
	char c;

	workload_give_signals();
	child_report(report, drop_control() ? errno : 0);
	if (w->wall) /* what comes from here on up to the exec, every wall lets through */
		child_report(report, tsem_wall_enter(w->wall));
	while (read(go, &c, 1) != 1)
		if (errno != EINTR)
			_exit(125);
	execvp(w->argv[0], w->argv);
	child_report(report, errno);
	_exit(errno == ENOENT ? 127 : 126);
}

/* What the child says next: 0, an errno, or -1 when it has gone on to another program or ended. */
static int report_read(const struct workload *w)
{
	int code;
	ssize_t n;

	do
		n = read(w->reports, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? code : -1;
}

static int start(struct workload *w, struct tsem_error *error)
{
	int go[2], report[2], code;

	if (pipe2(go, O_CLOEXEC) || pipe2(report, O_CLOEXEC))
		return tsem_error_set(error, errno, "cannot make a pipe: %s", strerror(errno));
	w->pid = fork();
	if (w->pid < 0)
		return tsem_error_set(error, errno, "cannot start a process: %s", strerror(errno));
	if (!w->pid) {
		close(go[1]);
		close(report[0]);
		child_run(w, go[0], report[1]);
	}
	close(go[0]);
	close(report[1]);
	w->go = go[1];
	w->reports = report[0];
	w->pidfd = syscall(SYS_pidfd_open, w->pid, 0);
	if (w->pidfd < 0)
		return tsem_error_set(error, errno, "cannot open the workload's process: %s", strerror(errno));
	code = report_read(w);
	if (code)
		return tsem_error_set(error, code < 0 ? EIO : code, "cannot take CAP_MAC_ADMIN from the workload");
	return w->wall ? tsem_wall_listen(w->wall, w->pidfd, report_read(w), error) : 0;
}

/* Lets it begin and waits for the exec to succeed or fail. */
static int begin(struct workload *w, struct tsem_error *error)
{
	int code;

	if (write(w->go, "", 1) != 1)
		return tsem_error_set(error, errno, "the workload ended before it began");
	code = report_read(w);
	if (code < 0)
		return 0;
	w->not_started = true;
	tsem_error_set(error, code, "cannot run %s: %s", w->argv[0],
		       code == ENOENT ? "there is no such command" :
		       code == EPERM  ? "refused, or not permitted" :
					strerror(code));
	return 0;
}

/* A terminal sends its signals to the workload too; only what somebody sent to tsem alone is passed on. */
static void pass_signal(struct workload *w, const struct signalfd_siginfo *info)
{
	int signal = info->ssi_signo;

	if (is_interruption(signal))
		w->interrupted = true;
	if (signal == SIGCHLD || signal == SIGPIPE)
		return;
	if (info->ssi_code == SI_USER || info->ssi_code == SI_QUEUE || signal == SIGCONT)
		syscall(SYS_pidfd_send_signal, w->pidfd, signal, NULL, 0);
}

/* True when the workload has ended. A workload that stops takes tsem with it, so that the shell sees a stopped job. */
static bool reap(struct workload *w)
{
	int status;
	pid_t pid = waitpid(w->pid, &status, WNOHANG | WUNTRACED);

	if (pid != w->pid)
		return false;
	if (WIFSTOPPED(status) && tsem_orchestrator_frozen(w->orchestrator, w->pidfd)) {
		fprintf(stderr, "tsem: process %d is stopped for inspection; kill -CONT or -KILL it when you are done\n", w->pid);
		return false;
	}
	if (WIFSTOPPED(status)) {
		if (!w->answers)
			raise(SIGSTOP);
		return false;
	}
	w->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

static int drain(struct workload *w, struct tsem_error *error)
{
	int r = tsem_orchestrator_drain(w->orchestrator, w->fn, w->context, error);

	return !r && w->drained ? w->drained(w->context) : r;
}

static int answer(struct workload *w, struct tsem_error *error)
{
	return w->wall ? tsem_orchestrator_answer(w->orchestrator, w->wall, w->fn, w->context, error) : 0;
}

/* Until CMD has ended. An error with the records does not stop a workload; it is returned when it is over. */
static int supervise(struct workload *w, int signals, struct tsem_error *error)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
			       {.fd = w->pidfd, .events = POLLIN},
			       {.fd = tsem_orchestrator_fd(w->orchestrator), .events = POLLIN},
			       {.fd = -1, .events = POLLIN},
			       {.fd = -1, .events = POLLIN}};
	struct signalfd_siginfo info;
	int r = 0, answered, turned;

	for (;;) {
		fds[3].fd = w->wall ? tsem_wall_fd(w->wall) : -1;
		fds[4].fd = driver_fd(w->driver);
		if (poll(fds, 5, driver_timeout(w->driver)) < 0 && errno != EINTR)
			return tsem_error_set(error, errno, "cannot wait for the workload: %s", strerror(errno));
		if (fds[2].revents && !r)
			r = drain(w, error);
		answered = answer(w, r ? NULL : error); /* also when records cannot be kept any more: somebody waits */
		r = r ? r : answered;
		if (r)
			fds[2].fd = -1;
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			pass_signal(w, &info);
		turned = driver_turn(w->driver, w, false, r ? NULL : error); /* CMD has to be stopped all the same */
		r = r ? r : turned;
		if (reap(w))
			return r ? r : drain(w, error);
	}
}

/* What CMD left running belongs to the workload. The first interruption ends the waiting. */
static int linger(struct workload *w, int signals, struct tsem_error *error)
{
	struct pollfd fd = {.fd = signals, .events = POLLIN};
	struct signalfd_siginfo info;
	struct tsem_namespace ns;
	int r;

	for (;;) {
		r = drain(w, error);
		if (!r)
			r = answer(w, error);
		if (!r)
			r = tsem_orchestrator_status(w->orchestrator, &ns, error);
		if (!r)
			r = driver_turn(w->driver, w, true, error);
		if (r || (ns.tasks <= 0 && !driver_runs(w->driver)) || w->interrupted)
			return r;
		poll(&fd, 1, LINGER_POLL_MS);
		while (read(signals, &info, sizeof(info)) == sizeof(info))
			if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGWINCH)
				w->interrupted = true;
	}
}

static int run_started(struct workload *w, int signals, struct tsem_error *error)
{
	int r = tsem_orchestrator_enter(w->orchestrator, w->pidfd, error);

	if (!r)
		r = begin(w, error);
	if (!r && w->driver && !w->not_started)
		r = driver_start(w->driver, w, error);
	if (r)
		return r;
	r = supervise(w, signals, w->not_started ? NULL : error);
	if (!r && w->wait_all)
		r = linger(w, signals, error);
	return r;
}

int workload_run(struct workload *w, struct tsem_error *error)
{
	sigset_t mask;
	int signals, r;

	w->pidfd = w->go = w->reports = -1;
	if (interrupted_already())
		return tsem_error_set(error, EINTR, "interrupted before %s began", w->argv[0]);
	supervised_signals(&mask);
	signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return tsem_error_set(error, errno, "cannot wait for signals: %s", strerror(errno));
	r = start(w, error);
	r = r ? r : run_started(w, signals, error);
	if (r && w->pid > 0) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
	}
	driver_end(w->driver);
	close(signals);
	if (w->go >= 0)
		close(w->go);
	if (w->reports >= 0)
		close(w->reports);
	if (w->pidfd >= 0)
		close(w->pidfd);
	return r;
}

void workload_name(const char *command, char ret_name[TSEM_NAME_MAX])
{
	const char *base = strrchr(command, '/');
	size_t n = 0;

	for (base = base ? base + 1 : command; *base && n < TSEM_NAME_MAX - 8; base++)
		if (isalnum((unsigned char)*base) || (n && strchr("._+-", *base)))
			ret_name[n++] = *base;
	ret_name[n] = 0;
	if (!n)
		strcpy(ret_name, "workload");
}
