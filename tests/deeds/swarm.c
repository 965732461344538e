// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every way to become another task, and many of them.
 *
 * swarm many N DIR        N children at once; child number I opens DIR/I; all live until DIR/end is there
 * swarm by KIND PATH...   opens each PATH in a task made in that way, and prints what came of it
 * swarm kinds             prints the kinds
 * swarm poison BAD GOOD   a thread opens BAD; then another one that was there before, the first thread, a child and a
 *                         new thread open GOOD. Prints what came of each
 * swarm open PATH...      opens each PATH, however long, one directory after the other
 * swarm create PATH...    creates each PATH in the same way
 * swarm bomb N            as the user 1000, of whom there are N tasks at most: each forks again and again, and ignores SIGTERM
 * swarm storm N           N children that end at once, from each of four processes, four at a time
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char **paths;

static void pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) : "0";
}

/* Opens without a file on the way being an event: directories as places only. */
static int walk(const char *path, int flags)
{
	int at = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY), next;
	char part[4096];
	size_t n;

	for (;;) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n >= sizeof(part))
			return -1;
		memcpy(part, path, n);
		part[n] = 0;
		path += n;
		next = openat(at, part, *path ? O_PATH | O_DIRECTORY : flags, 0600);
		if (next < 0 || !*path)
			return next;
		close(at);
		at = next;
	}
}

static void print(const char *line)
{
	if (write(1, line, strlen(line)) < 0)
		_exit(99);
}

static void open_all(int flags)
{
	char line[8192] = "";
	int fd;

	for (char **path = paths; *path; path++) {
		fd = walk(*path, flags);
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", path == paths ? "" : " ",
			 error_name(fd < 0 ? errno : 0));
		if (fd >= 0)
			close(fd);
	}
	strcat(line, "\n");
	print(line);
}

static void wait_all(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* ---- kinds ---- */

static void by_fork(void)
{
	if (!fork()) {
		open_all(O_RDONLY);
		_exit(0);
	}
	wait_all();
}

static void by_vfork(void)
{
	if (!vfork()) {
		open_all(O_RDONLY);
		_exit(0);
	}
	wait_all();
}

static void *thread(void *unused)
{
	open_all(O_RDONLY);
	return unused;
}

static void by_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
}

/* A thread that lives on when the first thread of its process has gone. */
static void *late_thread(void *unused)
{
	pause_ms(300);
	open_all(O_RDONLY);
	_exit(0);
	return unused;
}

static void by_leaderless_thread(void)
{
	pthread_t t;

	if (!fork()) {
		pthread_create(&t, NULL, late_thread, NULL);
		pthread_exit(NULL);
	}
	wait_all();
}

static void by_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	if (!syscall(SYS_clone3, &args, sizeof(args))) {
		open_all(O_RDONLY);
		_exit(0);
	}
	wait_all();
}

static int child_function(void *unused)
{
	(void)unused;
	open_all(O_RDONLY);
	return 0;
}

static void by_clone(int flags)
{
	static char stack[1 << 16];

	if (clone(child_function, stack + sizeof(stack), flags | SIGCHLD, NULL) < 0)
		print("clone failed\n");
	wait_all();
}

/* The new task is a brother, whom the process cannot wait for. */
static void by_clone_parent(void)
{
	if (!fork()) {
		by_clone(CLONE_PARENT);
		_exit(0);
	}
	wait_all();
}

static void by_new_pid_namespace(void)
{
	by_clone(CLONE_NEWPID);
}

static void by_new_user_namespace(void)
{
	by_clone(CLONE_NEWUSER);
}

static void by_new_mount_namespace(void)
{
	by_clone(CLONE_NEWNS);
}

/* The parent is dead when the deed is done. */
static void by_orphan(void)
{
	pid_t parent;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!fork()) {
		parent = getpid();
		if (!fork()) {
			while (getppid() == parent)
				pause_ms(1);
			open_all(O_RDONLY);
		}
		_exit(0);
	}
	wait_all();
}

/* Of another session, without a parent, and done when the command has already ended. */
static void by_daemon(void)
{
	if (fork())
		return;
	setsid();
	if (fork())
		_exit(0);
	pause_ms(500);
	open_all(O_RDONLY);
	_exit(0);
}

/* Executes itself in a thread that is not the first one of the process. */
static void *executing_thread(void *unused)
{
	char *argv[64] = {"swarm", "by", "nothing"};

	for (int i = 0; paths[i] && i < 60; i++)
		argv[3 + i] = paths[i];
	execv("/proc/self/exe", argv);
	return unused;
}

static void by_exec_in_thread(void)
{
	pthread_t t;

	if (!fork()) {
		pthread_create(&t, NULL, executing_thread, NULL);
		for (;;)
			pause_ms(1000);
	}
	wait_all();
}

static void by_nothing(void)
{
	open_all(O_RDONLY);
}

static const struct {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{"nothing", by_nothing},
	{"fork", by_fork},
	{"vfork", by_vfork},
	{"clone3", by_clone3},
	{"clone_parent", by_clone_parent},
	{"thread", by_thread},
	{"leaderless_thread", by_leaderless_thread},
	{"exec_in_thread", by_exec_in_thread},
	{"orphan", by_orphan},
	{"daemon", by_daemon},
	{"new_pid_namespace", by_new_pid_namespace},
	{"new_user_namespace", by_new_user_namespace},
	{"new_mount_namespace", by_new_mount_namespace},
};

static int by(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!kind)
			puts(kinds[i].name);
		else if (!strcmp(kinds[i].name, kind)) {
			kinds[i].make();
			return 0;
		}
	return kind ? 2 : 0;
}

/* ---- many ---- */

struct tally {
	int started, opened, refused, other;
};

static void child(int number, struct tally *tally)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%d", number);
	fd = open(path, O_RDONLY);
	__sync_fetch_and_add(fd >= 0 ? &tally->opened : errno == EPERM ? &tally->refused : &tally->other, 1);
	__sync_fetch_and_add(&tally->started, 1);
	while (access("end", F_OK))
		pause_ms(500);
	_exit(0);
}

static int many(int count)
{
	struct tally *tally = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int failed = 0;
	char line[128];
	pid_t pid;

	for (int i = 1; i <= count; i++) {
		pid = fork();
		if (!pid)
			child(i, tally);
		failed += pid < 0;
	}
	while (tally->started < count - failed)
		pause_ms(20);
	snprintf(line, sizeof(line), "%d not forked, %d opened, %d refused, %d other\n", failed, tally->opened,
		 tally->refused, tally->other);
	print(line);
	wait_all();
	return 0;
}

/* ---- who is untrusted after what a thread of the process did ---- */

static pthread_barrier_t begun, done;

static int open_one(const char *path)
{
	int fd = walk(path, O_RDONLY), error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static void *opening_thread(void *path)
{
	return (void *)(intptr_t)open_one(path);
}

/* Is there before, and opens after. */
static void *waiting_thread(void *path)
{
	pthread_barrier_wait(&begun);
	pthread_barrier_wait(&done);
	return opening_thread(path);
}

static int in_thread(void *(*run)(void *path), char *path)
{
	pthread_t t;
	void *error;

	pthread_create(&t, NULL, run, path);
	pthread_join(t, &error);
	return (intptr_t)error;
}

static int in_child(char *path)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(open_one(path));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int poison(char *bad, char *good)
{
	int errors[5];
	pthread_t before;
	char line[256] = "";
	void *error;

	pthread_barrier_init(&begun, NULL, 2);
	pthread_barrier_init(&done, NULL, 2);
	pthread_create(&before, NULL, waiting_thread, good);
	pthread_barrier_wait(&begun);
	errors[0] = in_thread(opening_thread, bad);
	pthread_barrier_wait(&done);
	pthread_join(before, &error);
	errors[1] = (intptr_t)error;
	errors[2] = open_one(good);
	errors[3] = in_child(good);
	errors[4] = in_thread(opening_thread, good);
	for (int i = 0; i < 5; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", i ? " " : "", error_name(errors[i]));
	strcat(line, "\n");
	print(line);
	return 0;
}

static int bomb(unsigned count)
{
	const struct rlimit limit = {count, count};

	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (setrlimit(RLIMIT_NPROC, &limit) || setgid(1000) || setuid(1000))
		return 1;
	for (;;)
		if (fork() < 0)
			sched_yield();
}

static void gust(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!fork())
			_exit(0);
		if (i % 4 == 3)
			while (wait(NULL) > 0)
				continue;
	}
}

static int storm(unsigned count)
{
	for (int i = 0; i < 4; i++)
		if (!fork()) {
			gust(count);
			_exit(0);
		}
	while (wait(NULL) > 0)
		continue;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "poison"))
		return poison(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "many"))
		return chdir(argv[3]) ? 1 : many(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "bomb"))
		return bomb(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "storm"))
		return storm(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "kinds"))
		return by(NULL);
	if (argc < 3)
		return 2;
	paths = argv + 2;
	if (!strcmp(argv[1], "by")) {
		paths++;
		return by(argv[2]);
	}
	open_all(!strcmp(argv[1], "create") ? O_WRONLY | O_CREAT | O_EXCL : O_RDONLY);
	return 0;
}
