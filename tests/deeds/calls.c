/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls that a program makes which never made them before: calls NAME...
 * Prints for each what became of it: NAME and the errno, 0 when it was done.
 * Without a name: what was learned.
 */
#include <errno.h>
#include <linux/mount.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long do_fanotify(void)
{
	return syscall(SYS_fanotify_init, 0x10, 0);
}

static long do_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 1);
}

static long do_iopl(void)
{
	return syscall(SYS_iopl, 3);
}

static long do_mount_setattr(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NOATIME};

	return syscall(SYS_mount_setattr, -100, "/proc", 0, &attr, sizeof(attr));
}

static long do_vhangup(void)
{
	return syscall(SYS_vhangup);
}

static long do_request_key(void)
{
	return syscall(SYS_request_key, "user", "tsem", "x", 0);
}

static long do_io_uring(void)
{
	char params[256] = "";

	return syscall(SYS_io_uring_setup, 1, params);
}

/* About which no event says anything. */
static long do_inotify(void)
{
	return syscall(SYS_inotify_init1, 0);
}

static long do_ptrace(void)
{
	return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static long do_family(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

/* A negative number, and more than 32 bits of it, which no kernel looks at. */
static long do_ioctl(void)
{
	return syscall(SYS_ioctl, 0, 0xffffffff80045430, NULL);
}

static long do_prctl(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long do_wide(void)
{
	return syscall(SYS_prctl, PR_GET_DUMPABLE | 1ul << 40, 0, 0, 0, 0);
}

/* Not in the table, and so not in this kernel. */
static long do_unknown(void)
{
	return syscall(511);
}

static long do_beyond(void)
{
	return syscall(100000);
}

static long do_x32(void)
{
	return syscall(0x40000000 | SYS_getpid);
}

static long do_32bit(void)
{
	long r;

	asm volatile("int $0x80" : "=a"(r) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

static void *again(void *name)
{
	for (int i = 0; i < 5000; i++)
		syscall(SYS_socket, 100 + i, 0, 0);
	return name;
}

/* Many tasks, each with another argument each time. */
static long do_flood(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, again, NULL))
			return -1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* Ends before its call is answered. */
static long do_killed(void)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (!pid) {
			syscall(SYS_vhangup);
			_exit(0);
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static long do_wait(void)
{
	return getchar() == EOF ? -1 : 0;
}

static const struct {
	const char *name;
	long (*act)(void);
} deeds[] = {
	{"fanotify_init", do_fanotify},
	{"userfaultfd", do_userfaultfd},
	{"iopl", do_iopl},
	{"mount_setattr", do_mount_setattr},
	{"vhangup", do_vhangup},
	{"request_key", do_request_key},
	{"io_uring_setup", do_io_uring},
	{"inotify", do_inotify},
	{"ptrace", do_ptrace},
	{"family", do_family},
	{"ioctl", do_ioctl},
	{"prctl", do_prctl},
	{"wide", do_wide},
	{"unknown", do_unknown},
	{"beyond", do_beyond},
	{"x32", do_x32},
	{"32bit", do_32bit},
	{"flood", do_flood},
	{"killed", do_killed},
	{"wait", do_wait},
};

static void do_deed(const char *name)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (!strcmp(deeds[i].name, name)) {
			errno = 0;
			printf("%s %d\n", name, deeds[i].act() < 0 ? errno : 0);
			fflush(stdout);
			return;
		}
	if (!strcmp(name, "list")) /* as the other programs with deeds do: name and event */
		for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
			printf("%s system_call\n", deeds[i].name);
	else
		printf("%s is no deed\n", name);
}

static void *nothing(void *of)
{
	return of;
}

/* What is learned: a socket of one family, one option, a child, a thread, and a line that is read. */
static void benign(void)
{
	pthread_t thread;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	kill(getpid(), 0);
	if (!pthread_create(&thread, NULL, nothing, NULL))
		pthread_join(thread, NULL);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	do_wait();
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 1)
		benign();
	for (int i = 1; i < argc; i++)
		do_deed(argv[i]);
	return 0;
}
