/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The start of a workload, with a real process on the other side: it runs only what it should, and only when all that
 * confines it is in place. What needs the kernel side is played here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/start/away.h"
#include "../../lib/start/inherited.h"
#include "../../lib/start/start.h"
#include "../../lib/start/starter.h"
#include "unit.h"

#define WALL_DESCRIPTOR 77

/* ---- what the kernel side would do ---- */

enum step { NONE, LISTEN, GUARD, ENTER };

static struct {
	struct tsem_buffer steps; /* that were taken */
	enum step failing;
} played;

static int play(enum step step, const char *words, int number, struct tsem_error *error)
{
	tsem_buffer_printf(&played.steps, "%s %d;", words, number);
	return step == played.failing ? tsem_error_set(error, EPROTO, "%s failed", words) : 0;
}

int tsem_wall_enter(const struct tsem_wall *wall)
{
	(void)wall;
	return WALL_DESCRIPTOR;
}

int tsem_wall_listen(struct tsem_wall *wall, int pidfd, int descriptor, struct tsem_error *error)
{
	(void)wall, (void)pidfd;
	return play(LISTEN, "listen", descriptor, error);
}

int tsem_orchestrator_guard(const struct tsem_orchestrator *orchestrator, int pid, struct tsem_error *error)
{
	(void)orchestrator;
	return play(GUARD, "guard", pid, error);
}

int tsem_orchestrator_enter(struct tsem_orchestrator *orchestrator, int pidfd, struct tsem_error *error)
{
	(void)orchestrator;
	return play(ENTER, "enter", pidfd, error);
}

/* ---- a process that becomes CMD ---- */

/* As a command does at its beginning. Of this the other tests would notice only the umask. */
static void take_once(void)
{
	static bool taken;
	mode_t mask = umask(0);

	umask(mask);
	if (!taken)
		inherited_take();
	taken = true;
	umask(mask);
}

struct scene {
	struct start start;
	int output; /* of CMD */
};

static void become(char *const *argv, const struct tsem_wall *wall, const int *go, const int *reports, int output)
{
	struct starter starter = {argv, wall, getppid(), go[0], reports[1]};

	close(go[1]);
	close(reports[0]);
	dup2(output, STDOUT_FILENO);
	_exit(starter_run(&starter));
}

static bool begin(struct scene *s, char *const *argv, bool walled)
{
	struct tsem_wall *wall = walled ? (struct tsem_wall *)s : NULL;
	int go[2], reports[2], output[2];

	take_once();
	if (!CHECK(!starter_pipes(go, reports) && !pipe2(output, O_CLOEXEC)))
		return false;
	*s = (struct scene){.start = {.name = argv[0], .wall = wall, .guarded = {11, 12}}, .output = output[0]};
	s->start.pid = fork();
	if (!s->start.pid)
		become(argv, wall, go, reports, output[1]);
	close(go[0]);
	close(reports[1]);
	close(output[1]);
	s->start.pidfd = 5;
	s->start.go = go[1];
	s->start.reports = reports[0];
	played.steps.size = 0;
	tsem_buffer_printf(&played.steps, ":");
	return CHECK(s->start.pid > 0);
}

/* The status of the process, and all that it wrote. */
static int end(struct scene *s, char *ret_text, size_t limit)
{
	size_t size = 0;
	ssize_t n;
	int status;

	close(s->start.go);
	while ((n = read(s->output, ret_text + size, limit - 1 - size)) > 0)
		size += n;
	ret_text[size] = 0;
	close(s->start.reports);
	close(s->output);
	tsem_buffer_deinit(&played.steps);
	if (waitpid(s->start.pid, &status, 0) != s->start.pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

static bool is_privileged(void)
{
	if (geteuid() == 0)
		return true;
	unit_skip("only root may drop a capability for all that follows");
	return false;
}

/* Before its exec CMD has lost the capability in every set, and all that confines it was done, in this order. */
void test_start_order(void)
{
	static char script[] =
		"set -e; echo $LISTEN_PID:$WATCHDOG_PID:$$; while read -r name value; do case $name in "
		"CapInh:|CapPrm:|CapEff:|CapBnd:) echo $((0x$value >> 33 & 1));; esac; done </proc/self/status";
	char number[16], expected[64], text[256];
	struct scene s;
	struct tsem_error error = {};
	int status = 99;

	if (!is_privileged())
		return;
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	setenv("WATCHDOG_PID", "1", 1);
	if (begin(&s, ARGV("/bin/sh", "-c", script), true)) {
		CHECK(!start_workload(&s.start, &status, &error) && status == 0);
		CHECK_TEXT(played.steps.data, ":listen 77;guard 11;guard 12;enter 5;");
		snprintf(expected, sizeof(expected), "%d:1:%d\n0\n0\n0\n0\n", (int)s.start.pid, (int)s.start.pid);
		CHECK(end(&s, text, sizeof(text)) == 0);
		CHECK_TEXT(text, expected);
	}
	unsetenv("LISTEN_PID");
	unsetenv("WATCHDOG_PID");
}

/* When any step fails, CMD is not let go. */
void test_start_closed(void)
{
	static const char *const words[] = {
		[LISTEN] = "listen failed", [GUARD] = "guard failed", [ENTER] = "enter failed"};

	if (!is_privileged())
		return;
	for (enum step step = LISTEN; step <= ENTER; step++) {
		struct tsem_error error = {};
		char text[64];
		struct scene s;
		int status = 99;

		played.failing = step;
		if (!begin(&s, ARGV("/bin/echo", "it ran"), true))
			continue;
		CHECK(start_workload(&s.start, &status, &error) == -EPROTO && status == 99);
		CHECK_TEXT(error.text, words[step]);
		CHECK(end(&s, text, sizeof(text)) == START_FAILED);
		CHECK_TEXT(text, "");
	}
	played.failing = NONE;
}

/* ---- libcap, instead of the C library's neighbour: it refuses, and leaves no errno ---- */

static bool keeps_power;

int cap_set_proc(cap_t caps)
{
	static int (*real)(cap_t);

	if (!real)
		real = dlsym(RTLD_NEXT, "cap_set_proc");
	errno = keeps_power ? 0 : errno;
	return keeps_power ? -1 : real(caps);
}

/* A workload that still has the capability is not let go, whatever libcap leaves in errno. */
void test_start_privileged(void)
{
	struct tsem_error error = {};
	char text[64];
	struct scene s;
	int status = 99;

	keeps_power = true;
	if (begin(&s, ARGV("/bin/echo", "it ran"), false)) {
		CHECK(start_workload(&s.start, &status, &error) == -EPERM && status == 99);
		CHECK_TEXT(error.text, "cannot take CAP_MAC_ADMIN from the workload");
		CHECK(end(&s, text, sizeof(text)) == START_FAILED);
		CHECK_TEXT(text, "");
	}
	keeps_power = false;
}

static void check_status(const char *path, int wanted, const char *reason)
{
	struct tsem_error error = {};
	char text[64];
	struct scene s;
	int status = 99;

	if (!begin(&s, ARGV((char *)path), false))
		return;
	CHECK(!start_workload(&s.start, &status, &error) && status == wanted);
	CHECK_TEXT(played.steps.data, ":guard 11;guard 12;enter 5;");
	CHECK_HOLDS(error.text, reason);
	CHECK(end(&s, text, sizeof(text)) == wanted);
}

void test_start_status(void)
{
	if (!is_privileged())
		return;
	check_status("/no/such/command", 127, "cannot run /no/such/command: there is no such command");
	check_status("/dev/null", 126, "cannot run /dev/null: Permission denied");
}

/* A process that ends before it has reported anything has given up nothing. */
void test_start_lost(void)
{
	int go[2], reports[2], status = 99;
	struct start start = {.name = "lost"};
	struct tsem_error error = {};

	if (!CHECK(!starter_pipes(go, reports)))
		return;
	start.go = go[1];
	start.reports = reports[0];
	CHECK(write(reports[1], &(int){EPERM}, sizeof(int)) == sizeof(int));
	close(reports[1]);
	CHECK(start_workload(&start, &status, &error) == -EPERM && status == 99);
	CHECK(start_workload(&start, &status, &error) == -EIO && status == 99);
	CHECK_TEXT(error.text, "cannot take CAP_MAC_ADMIN from the workload");
	close(reports[0]);
	close(go[0]);
	close(go[1]);
}

/* ---- what a process inherits ---- */

/* In a child, because it changes what belongs to the whole process: 0, or the line that failed. */
static int in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(run());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define NEEDS(condition) \
	do { \
		if (!(condition)) \
			return __LINE__ & 0xff; \
	} while (0)

static bool is_blocked(int signal)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	return sigismember(&mask, signal);
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN;
}

static int take_and_give(void)
{
	struct rlimit limit = {100, 200}, now;
	sigset_t one;

	NEEDS(!setrlimit(RLIMIT_NOFILE, &limit));
	umask(0137);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	sigprocmask(SIG_SETMASK, &one, NULL);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	inherited_take();
	NEEDS(!getrlimit(RLIMIT_NOFILE, &now) && now.rlim_cur > 100);
	NEEDS(inherited_ignored(SIGUSR1) && inherited_ignored(SIGCHLD) && !inherited_ignored(SIGTERM));
	NEEDS(!is_ignored(SIGCHLD) && umask(077) == 0037);
	inherited_hold_signals();
	NEEDS(is_blocked(SIGTERM) && is_blocked(SIGUSR2));
	signal(SIGPIPE, SIG_IGN);
	inherited_give();
	NEEDS(!is_blocked(SIGTERM) && is_blocked(SIGUSR2));
	NEEDS(is_ignored(SIGUSR1) && is_ignored(SIGCHLD) && !is_ignored(SIGPIPE));
	NEEDS(umask(0) == 0137);
	NEEDS(!inherited_give_limits(getpid()));
	NEEDS(!getrlimit(RLIMIT_NOFILE, &now) && now.rlim_cur == 100 && now.rlim_max == 200);
	return 0;
}

/* Zeros would be no limits of anybody's. */
void test_inherited_untaken(void)
{
	CHECK(inherited_give_limits(getpid()) == -EINVAL);
}

void test_inherited_state(void)
{
	CHECK(in_child(take_and_give) == 0);
}

static bool is_kept(int fd)
{
	return !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* CMD inherits no descriptor of a file that tsem writes to; one that it can only read, and what all share, it may have. */
static int claim(void)
{
	char path[] = "/tmp/tsem-unit-XXXXXX", word[64], line[32];
	struct tsem_error error = {};
	int file = mkstemp(path), reader = open(path, O_RDONLY), null = open("/dev/null", O_RDWR), pair[2];

	NEEDS(file >= 0 && reader >= 0 && null >= 0 && !socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	snprintf(word, sizeof(word), "file:%s?bytes=5", path);
	NEEDS(!inherited_claim("/no/such/file", &error) && is_kept(file));
	NEEDS(!inherited_claim(word, &error) && !is_kept(file) && is_kept(reader));
	NEEDS(!unlink(path));
	NEEDS(!inherited_claim("/dev/null", &error) && is_kept(null));
	snprintf(line, sizeof(line), "fd:%d", pair[0]);
	NEEDS(!inherited_claim(line, &error) && !is_kept(pair[0]) && is_kept(pair[1]));
	snprintf(line, sizeof(line), "fd:%d,%d", null, pair[1]);
	NEEDS(dup2(pair[1], STDIN_FILENO) == STDIN_FILENO);
	NEEDS(inherited_claim(line, &error) == -EINVAL && strstr(error.text, "could answer in the agent's place"));
	return 0;
}

void test_inherited_claim(void)
{
	CHECK(in_child(claim) == 0);
}

/* Neither a child of the caller's nor of its session, and never the leader of one. */
void test_fork_away(void)
{
	pid_t ids[3] = {}, child;
	int ends[2];

	if (!CHECK(!pipe2(ends, O_CLOEXEC)))
		return;
	child = fork_away();
	if (!child) {
		ids[0] = getpid();
		ids[1] = getsid(0);
		ids[2] = getpgid(0);
		_exit(write(ends[1], ids, sizeof(ids)) != sizeof(ids));
	}
	close(ends[1]);
	CHECK(child > 0 && read(ends[0], ids, sizeof(ids)) == sizeof(ids));
	CHECK(ids[0] != child && ids[1] == child && ids[2] == child && ids[1] != getsid(0));
	CHECK(waitpid(ids[0], NULL, 0) == -1 && errno == ECHILD);
	close(ends[0]);
}
