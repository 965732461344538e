/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "inherited.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/major.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SIGNALS 64
#define THREAD_STACK (1u << 20)
#define FILES 65536

/* The kernel's own mask, because the C library leaves out the two signals that it uses itself. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

/* Written once, before there is a second thread. */
static uint64_t original_mask, original_ignored;
static mode_t original_umask;
static struct rlimit original_limits[RLIM_NLIMITS];
static bool taken;

static uint64_t bit(int signal)
{
	return 1ull << (signal - 1);
}

static void set_action(int signal, void *handler)
{
	struct kernel_action action = {.handler = handler};

	syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof(action.mask));
}

static void set_mask(uint64_t mask, uint64_t *ret_old)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, ret_old, sizeof(mask));
}

void inherited_open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* writing there fails as for a closed descriptor */
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void inherited_raise_limits(void)
{
	static const int all[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA,       RLIMIT_STACK,
				  RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE,     RLIMIT_MEMLOCK,
				  RLIMIT_AS,  RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_RTTIME};

	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &original_limits[i]);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const struct rlimit *own = &original_limits[all[i]];
		rlim_t wanted = all[i] == RLIMIT_NOFILE ? FILES : RLIM_INFINITY;
		struct rlimit high = {wanted, wanted};

		if (own->rlim_cur >= wanted)
			continue;
		if (own->rlim_max > wanted)
			high.rlim_max = own->rlim_max;
		if (setrlimit(all[i], &high))
			setrlimit(all[i], &(struct rlimit){own->rlim_max, own->rlim_max});
	}
}

/* At its start, the C library took the size of a thread's stack from a limit. */
static void set_thread_stack(void)
{
	pthread_attr_t attributes;

	if (pthread_attr_init(&attributes))
		return;
	if (!pthread_attr_setstacksize(&attributes, THREAD_STACK))
		pthread_setattr_default_np(&attributes);
	pthread_attr_destroy(&attributes);
}

void inherited_take(void)
{
	struct kernel_action action;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &original_mask, sizeof(original_mask));
	for (int signal = 1; signal <= SIGNALS; signal++)
		if (!syscall(SYS_rt_sigaction, signal, NULL, &action, sizeof(action.mask)) && action.handler == SIG_IGN)
			original_ignored |= bit(signal);
	taken = true;
	inherited_raise_limits();
	set_thread_stack();
	original_umask = umask(0);
	umask(original_umask & (S_IRWXG | S_IRWXO)); /* our files are readable only by this user */
	set_action(SIGCHLD, SIG_DFL); /* if ignored, the kernel discards the status of a child */
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT);
}

/* /dev/null and similar devices are shared by all. A file that CMD can only read is no secret channel either. */
static bool is_shared(const struct stat *st, int fd)
{
	if (S_ISCHR(st->st_mode))
		return major(st->st_rdev) == MEM_MAJOR;
	return !S_ISSOCK(st->st_mode) && !S_ISFIFO(st->st_mode) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

static void set_cloexec_on(const struct stat *object)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	struct stat st;

	while (directory && (entry = readdir(directory))) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && !fstat(fd, &st) && same(&st, object) && !is_shared(&st, fd))
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (directory)
		closedir(directory);
}

static bool is_standard(const struct stat *object)
{
	struct stat st;

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &st) && same(&st, object))
			return true;
	return false;
}

/* The line may be two descriptors. */
static int claim_line(const char *numbers, struct tsem_error *error)
{
	struct stat st;
	char *end;

	for (const char *at = numbers; isdigit((unsigned char)*at); at = *end ? end + 1 : end) {
		if (fstat(strtol(at, &end, 10), &st))
			continue; /* its user reports the failure */
		if (is_standard(&st))
			return tsem_error_set(error, EINVAL,
					      "the workload has fd:%s as its standard input or output, and could answer "
					      "in the agent's place: use descriptors from 3 on",
					      numbers);
		set_cloexec_on(&st);
	}
	return 0;
}

int inherited_claim(const char *word, struct tsem_error *error)
{
	char path[PATH_MAX];
	const char *behind = strchr(word, ':');
	struct stat st;

	if (!strncmp(word, "fd:", 3))
		return claim_line(word + 3, error);
	if (stat(word, &st)) {
		snprintf(path, sizeof(path), "%s", behind ? behind + 1 : "");
		path[strcspn(path, "?,")] = 0;
		if (stat(path, &st))
			return 0;
	}
	set_cloexec_on(&st);
	return 0;
}

void inherited_hold_signals(void)
{
	set_mask(~0ull, NULL);
}

int inherited_signals(void)
{
	uint64_t all = ~0ull;
	int fd = syscall(SYS_signalfd4, -1, &all, sizeof(all), O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

bool inherited_ignored(int signal)
{
	return original_ignored & bit(signal);
}

void inherited_give(void)
{
	for (int signal = 1; signal <= SIGNALS; signal++)
		set_action(signal, original_ignored & bit(signal) ? SIG_IGN : SIG_DFL);
	umask(original_umask);
	set_mask(original_mask, NULL);
}

int inherited_give_limits(pid_t pid)
{
	int r = taken ? 0 : -EINVAL;

	for (int i = 0; taken && i < RLIM_NLIMITS; i++)
		if (prlimit(pid, i, &original_limits[i], NULL))
			r = -errno;
	return r;
}
