/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waits that cannot be waited: they end with an error. The front, the driver and the kernel side are played here. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cli/front/front.h"
#include "../../cli/session/attendant.h"
#include "../../cli/session/driver.h"
#include "../../lib/start/inherited.h"
#include "unit.h"

#define LOOKS_MAX 50

static struct {
	int pidfd, go, reports; /* of CMD, which has ended */
	unsigned looks; /* at the processes that it left */
	bool no_signalfd;
} played;

int front_start(struct front_message *ret_started, int ret_descriptors[FRONT_DESCRIPTORS], struct tsem_error *error)
{
	(void)error;
	*ret_started = (struct front_message){.word = FRONT_STARTED, .pid = getpid()};
	ret_descriptors[FRONT_PIDFD] = played.pidfd;
	ret_descriptors[FRONT_GO] = played.go;
	ret_descriptors[FRONT_REPORTS] = played.reports;
	return 0;
}

int front_fd(void)
{
	return -1;
}

bool front_take(struct front_message *ret_message)
{
	(void)ret_message;
	return false;
}

void front_follow(bool follow)
{
	(void)follow;
}

bool front_in_place(void)
{
	return false;
}

pid_t front_pid(void)
{
	return 0;
}

bool tsem_orchestrator_frozen(const struct tsem_orchestrator *orchestrator, int pidfd)
{
	(void)orchestrator, (void)pidfd;
	return false;
}

int tsem_orchestrator_fd(const struct tsem_orchestrator *orchestrator)
{
	(void)orchestrator;
	return -1;
}

int tsem_orchestrator_drain(struct tsem_orchestrator *orchestrator, tsem_record_fn fn, void *context,
			    struct tsem_error *error)
{
	(void)orchestrator, (void)fn, (void)context, (void)error;
	return 0;
}

int tsem_orchestrator_answer(struct tsem_orchestrator *orchestrator, struct tsem_wall *wall, tsem_record_fn fn,
			     void *context, struct tsem_error *error)
{
	(void)orchestrator, (void)wall, (void)fn, (void)context, (void)error;
	return 0;
}

/* A process is left, and from now on poll(2) takes no descriptors. */
int tsem_orchestrator_status(const struct tsem_orchestrator *orchestrator, struct tsem_status *ret_status,
			     struct tsem_error *error)
{
	struct rlimit limit;

	(void)orchestrator;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 1;
	setrlimit(RLIMIT_NOFILE, &limit);
	*ret_status = (struct tsem_status){.tasks = 1};
	return ++played.looks > LOOKS_MAX ? tsem_error_set(error, ELOOP, "it did not wait") : 0;
}

int tsem_wall_fd(const struct tsem_wall *wall)
{
	(void)wall;
	return -1;
}

int driver_start(struct driver *driver, const struct workload *workload, struct tsem_error *error)
{
	(void)driver, (void)workload, (void)error;
	return 0;
}

int driver_turn(struct driver *driver, struct workload *workload, bool ended, struct tsem_error *error)
{
	(void)driver, (void)workload, (void)ended, (void)error;
	return 0;
}

int driver_fd(const struct driver *driver)
{
	(void)driver;
	return -1;
}

int driver_timeout(const struct driver *driver)
{
	(void)driver;
	return -1;
}

bool driver_runs(const struct driver *driver)
{
	(void)driver;
	return false;
}

void driver_end(struct driver *driver)
{
	(void)driver;
}

/* Instead of the C library's. */
int signalfd(int fd, const sigset_t *mask, int flags)
{
	if (played.no_signalfd) {
		errno = EMFILE;
		return -1;
	}
	return syscall(SYS_signalfd4, fd, mask, _NSIG / 8, flags);
}

static bool play_ended(void)
{
	int go[2], reports[2], ended[2], began = 0;

	if (pipe2(go, O_CLOEXEC) || pipe2(reports, O_CLOEXEC) || pipe2(ended, O_CLOEXEC) ||
	    write(reports[1], &began, sizeof(began)) != sizeof(began))
		return false;
	close(reports[1]);
	close(ended[1]);
	played.pidfd = ended[0];
	played.go = go[1];
	played.reports = reports[0];
	return true;
}

/* In a child, which loses its descriptors. 0: as it should be. */
static int wait_in_vain(void)
{
	char *argv[] = {"true", NULL};
	struct workload w = {.argv = argv, .wait_all = true};
	struct tsem_error error = {};
	int r;

	inherited_take();
	if (!play_ended())
		return 1;
	r = workload_run(&w, &error);
	if (r == -EINVAL && !strcmp(error.text, "cannot wait for the workload: Invalid argument"))
		return 0;
	printf("# %d after %u looks: %s\n", r, played.looks, error.text);
	fflush(stdout);
	return 2;
}

/* A companion that has nothing to wait for any more, while CMD does not begin yet. */
static struct {
	int fd;
	unsigned turns;
} companion;

static int companion_find(void *context)
{
	(void)context;
	return companion.fd;
}

static int companion_turn(void *context, struct tsem_error *error)
{
	(void)context, (void)error;
	if (companion.fd >= 0)
		close(companion.fd);
	companion.fd = -1;
	companion.turns++;
	return 0;
}

/* CMD begins after 0.3 s. */
static bool play_late(void)
{
	int reports[2], began = 0, ends[2];

	if (!play_ended() || pipe(reports) || pipe(ends) || write(reports[1], &began, sizeof(began)) != sizeof(began))
		return false;
	close(played.reports);
	played.reports = reports[0];
	close(ends[1]);
	companion.fd = ends[0];
	if (!fork()) {
		usleep(300000);
		_exit(0);
	}
	close(reports[1]);
	return true;
}

static int wait_beside(void)
{
	char *argv[] = {"true", NULL};
	struct workload w = {.argv = argv, .companions = {{.fd = companion_find, .turn = companion_turn}}};
	struct tsem_error error = {};

	inherited_take();
	if (!play_late())
		return 1;
	workload_run(&w, &error);
	if (companion.turns && companion.turns < LOOKS_MAX)
		return 0;
	printf("# %u turns: %s\n", companion.turns, error.text);
	fflush(stdout);
	return 2;
}

void test_workload_companion(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(wait_beside());
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

void test_workload_wait(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(wait_in_vain());
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* An attendant that no signal can end would keep its namespace for ever, and its result to itself. */
void test_attendant_signals(void)
{
	char name[TSEM_NAME_MAX] = "";
	struct tsem_error error = {};
	int r = 0;

	played.no_signalfd = true;
	if (attendant_begin(&r, name, &error)) {
		attendant_tell(0, "began all the same", &error);
		_exit(0);
	}
	played.no_signalfd = false;
	CHECK(r == -EMFILE);
	CHECK_TEXT(error.text, "cannot wait for signals: Too many open files");
	CHECK_TEXT(name, "");
}
