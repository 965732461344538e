/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "driver.h"
#include "../front/front.h"
#include "../../lib/start/start.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINGER_POLL_MS 20
#define LINGER_POLL_LONG_MS 1000 /* where no process waits for the end */

static bool has_companion(const struct workload *w)
{
	bool has = false;

	for (size_t i = 0; i < WORKLOAD_COMPANIONS; i++)
		has |= w->companions[i].turn != NULL;
	return has;
}

/* For poll. */
static struct pollfd companion_fd(const struct workload *w, size_t which)
{
	const struct workload_companion *c = &w->companions[which];

	return (struct pollfd){.fd = c->turn ? c->fd(c->context) : -1, .events = POLLIN};
}

/* Each has its turn; the first error is returned. */
static int companions_turn(struct workload *w, struct tsem_error *error)
{
	int r = 0, turned;

	for (size_t i = 0; i < WORKLOAD_COMPANIONS; i++) {
		const struct workload_companion *c = &w->companions[i];

		turned = c->turn ? c->turn(c->context, r ? NULL : error) : 0;
		r = r ? r : turned;
	}
	return r;
}

static void companions_word(struct workload *w, const struct front_message *message)
{
	for (size_t i = 0; i < WORKLOAD_COMPANIONS; i++)
		if (w->companions[i].word)
			w->companions[i].word(w->companions[i].context, message);
}

static void companions_started(struct workload *w, bool terminal)
{
	for (size_t i = 0; i < WORKLOAD_COMPANIONS; i++)
		if (w->companions[i].started)
			w->companions[i].started(w->companions[i].context, terminal);
}

/* A workload that a violation has stopped stays stopped; otherwise the started process stops with it. */
static void take_stop(struct workload *w)
{
	bool frozen = tsem_orchestrator_frozen(w->orchestrator, w->pidfd);

	if (frozen)
		fprintf(stderr,
			"tsem: process %d is stopped for inspection; kill -CONT or -KILL it when you are done\n",
			w->pid);
	front_follow(!frozen);
}

/* A user who kills the started process means CMD. */
static void take_loss(struct workload *w)
{
	if (front_in_place())
		return;
	syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
	w->interrupted = true;
	w->status = 128 + SIGKILL;
}

static void take_words(struct workload *w)
{
	struct front_message message;

	while (front_take(&message)) {
		if (message.word == FRONT_INTERRUPTED)
			w->interrupted = true;
		else if (message.word == FRONT_STOPPED)
			take_stop(w);
		else if (message.word == FRONT_GONE)
			take_loss(w);
		else if (message.word == FRONT_ENDED) {
			w->status = message.value;
			w->ended = true;
		}
		companions_word(w, &message);
	}
}

/* The exec of CMD may be a question already. */
static void wait_started(void *context, int fd)
{
	struct workload *w = context;
	struct pollfd fds[2 + WORKLOAD_COMPANIONS] = {{.fd = fd, .events = POLLIN}};
	int r = 0;

	while (!fds[0].revents && !r) {
		fds[1] = (struct pollfd){.fd = front_fd(), .events = POLLIN};
		for (size_t i = 0; i < WORKLOAD_COMPANIONS; i++)
			fds[2 + i] = companion_fd(w, i); /* it may have none any more */
		if (poll(fds, sizeof(fds) / sizeof(*fds), -1) < 0 && errno != EINTR)
			return; /* the report is waited for without the companion */
		take_words(w);
		r = companions_turn(w, NULL);
	}
}

static int start(struct workload *w, struct tsem_error *error)
{
	int descriptors[FRONT_DESCRIPTORS] = {-1, -1, -1};
	struct front_message started;
	struct start start = {.name = w->argv[0], .orchestrator = w->orchestrator, .wall = w->wall};
	int r = front_start(&started, descriptors, error);

	if (r == -EINTR)
		return tsem_error_set(error, EINTR, "interrupted before %s began", w->argv[0]);
	if (r)
		return tsem_error_set(error, -r, "cannot start a process%s: %s",
				      started.word == FRONT_GONE ? "" : " with its terminal or pipes", strerror(-r));
	w->pid = start.pid = started.pid;
	w->pidfd = start.pidfd = descriptors[FRONT_PIDFD];
	w->go = start.go = descriptors[FRONT_GO];
	w->reports = start.reports = descriptors[FRONT_REPORTS];
	/* The process that waits for CMD, and the one that has its terminal. */
	start.guarded[0] = front_pid();
	start.guarded[1] = started.keeper;
	companions_started(w, started.keeper);
	if (has_companion(w)) {
		start.wait = wait_started;
		start.context = w;
	}
	r = start_workload(&start, &w->status, error);
	w->not_started = !r && w->status;
	return r;
}

/* Without a front no message says so. */
static bool has_ended(const struct workload *w)
{
	struct pollfd fd = {.fd = w->pidfd, .events = POLLIN};

	return w->ended || (front_fd() < 0 && poll(&fd, 1, 0) > 0);
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

static int wait_for_something(const struct workload *w, bool records, bool end, int timeout, struct tsem_error *error)
{
	struct pollfd fds[] = {{.fd = front_fd(), .events = POLLIN},
			       {.fd = end && front_fd() < 0 ? w->pidfd : -1, .events = POLLIN},
			       {.fd = records ? tsem_orchestrator_fd(w->orchestrator) : -1, .events = POLLIN},
			       {.fd = w->wall ? tsem_wall_fd(w->wall) : -1, .events = POLLIN},
			       {.fd = driver_fd(w->driver), .events = POLLIN},
			       companion_fd(w, 0),
			       companion_fd(w, 1)};
	int patience = driver_timeout(w->driver);

	if (patience >= 0 && (timeout < 0 || patience < timeout))
		timeout = patience;
	if (poll(fds, sizeof(fds) / sizeof(*fds), timeout) >= 0 || errno == EINTR)
		return 0;
	return tsem_error_set(error, errno, "cannot wait for the workload: %s", strerror(errno));
}

/* Until CMD has ended. An error with the records does not stop a workload; it is returned at the end. */
static int supervise(struct workload *w, struct tsem_error *error)
{
	int r = 0, answered, turned;

	for (;;) {
		answered = wait_for_something(w, !r, true, -1, r ? NULL : error);
		if (answered)
			return r ? r : answered;
		if (!r)
			r = drain(w, error);
		answered = answer(w, r ? NULL : error); /* even without records: the parent waits */
		r = r ? r : answered;
		answered = companions_turn(w, r ? NULL : error);
		r = r ? r : answered;
		take_words(w);
		turned = driver_turn(w->driver, w, false, r ? NULL : error); /* CMD has to be stopped all the same */
		r = r ? r : turned;
		if (has_ended(w))
			return r ? r : drain(w, error);
	}
}

/* Processes that CMD left running belong to the workload. The first interruption ends the wait. */
static int linger(struct workload *w, struct tsem_error *error)
{
	struct tsem_status ns;
	int r;

	for (;;) {
		r = drain(w, error);
		if (!r)
			r = answer(w, error);
		if (!r)
			r = companions_turn(w, error);
		if (!r)
			r = tsem_orchestrator_status(w->orchestrator, &ns, error);
		if (!r)
			r = driver_turn(w->driver, w, true, error);
		if (r || (ns.tasks <= 0 && !driver_runs(w->driver)) || w->interrupted)
			return r;
		r = wait_for_something(w, true, false, front_in_place() ? LINGER_POLL_LONG_MS : LINGER_POLL_MS, error);
		if (r)
			return r;
		take_words(w);
	}
}

static int run_started(struct workload *w, struct tsem_error *error)
{
	int r = 0;

	if (w->driver && !w->not_started)
		r = driver_start(w->driver, w, error);
	if (r)
		return r;
	if (w->not_started && front_in_place())
		return 0;
	r = supervise(w, w->not_started ? NULL : error);
	if (!r && (w->wait_all || front_in_place()))
		r = linger(w, error);
	return r;
}

int workload_run(struct workload *w, struct tsem_error *error)
{
	int r;

	w->pidfd = w->go = w->reports = -1;
	r = start(w, error);
	r = r ? r : run_started(w, error);
	if (r && w->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
	driver_end(w->driver);
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
