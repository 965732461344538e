/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "terminal_keeper.h"
#include "front_serve.h"
#include "../../lib/start/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define THE_TERMINAL makedev(5, 0) /* /dev/tty: whichever it is */

struct keeper {
	int slave, socket, signals;
	pid_t pid; /* CMD, and its process group */
	pid_t before; /* group that had the terminal when CMD lost it; 0: CMD's */
};

/* Descriptors of the caller's terminal become CMD's; others stay as they are. */
static void put_slave(int slave)
{
	struct stat outer, each;

	if (fstat(STDIN_FILENO, &outer))
		return;
	for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--)
		if (!fstat(fd, &each) && isatty(fd) &&
		    (each.st_rdev == outer.st_rdev || each.st_rdev == THE_TERMINAL || outer.st_rdev == THE_TERMINAL))
			dup2(slave, fd);
}

static pid_t start(const struct starter *starter, int slave, bool foreground)
{
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		if (foreground)
			tcsetpgrp(slave, getpid());
		put_slave(slave);
		_exit(starter_run(starter));
	}
	if (pid > 0)
		setpgid(pid, pid); /* parent and child both do it */
	return pid;
}

static void tell(const struct keeper *k, int word, int value)
{
	struct keeper_message message = {word, value};

	send(k->socket, &message, sizeof(message), MSG_NOSIGNAL);
}

static void tell_started(const struct keeper *k)
{
	int pidfd = k->pid > 0 ? syscall(SYS_pidfd_open, k->pid, 0) : -1;
	struct front_message message = {.value = k->pid > 0 ? k->pid : -errno};

	front_send(k->socket, &message, &pidfd, pidfd >= 0);
	if (pidfd >= 0)
		close(pidfd);
}

static void set_foreground(struct keeper *k, bool foreground)
{
	pid_t now = tcgetpgrp(k->slave), own = getpgrp();

	if (!foreground && now != own) {
		k->before = now;
		tcsetpgrp(k->slave, own);
	}
	if (foreground && now == own && (k->before <= 0 || tcsetpgrp(k->slave, k->before)))
		tcsetpgrp(k->slave, k->pid);
}

/* False when it is to end. */
static bool take_word(struct keeper *k)
{
	struct keeper_message message;
	ssize_t n = recv(k->socket, &message, sizeof(message), 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n != sizeof(message) || message.word == KEEPER_END)
		return false;
	if (message.word == KEEPER_FOREGROUND || message.word == KEEPER_BACKGROUND)
		set_foreground(k, message.word == KEEPER_FOREGROUND);
	else if (message.word == KEEPER_CONTINUE && k->pid > 0)
		kill(-k->pid, SIGCONT);
	return true;
}

static void take_states(struct keeper *k)
{
	struct signalfd_siginfo info;
	int status;

	while (read(k->signals, &info, sizeof(info)) == sizeof(info))
		;
	while (k->pid > 0 && waitpid(k->pid, &status, WNOHANG | WUNTRACED) == k->pid) {
		if (!WIFSTOPPED(status))
			k->pid = 0;
		tell(k, KEEPER_STATE, status);
	}
}

/*
 * Makes itself the foreground: the foreground of an ending session gets SIGHUP, which processes left by CMD must not
 * get.
 */
static void __attribute__((noreturn)) leave(struct keeper *k)
{
	tcsetpgrp(k->slave, getpgrp());
	_exit(0);
}

void keeper_run(const struct starter *starter, int slave, int socket, bool foreground)
{
	struct keeper k = {.slave = slave, .socket = socket, .signals = inherited_signals()};
	struct pollfd fds[] = {{.fd = socket, .events = POLLIN}, {.fd = k.signals, .events = POLLIN}};
	bool goes_on = true;

	setsid();
	if (ioctl(slave, TIOCSCTTY, 0))
		_exit(1);
	k.pid = start(starter, slave, foreground);
	prctl(PR_SET_NAME, TSEM_TERMINAL_KEEPER, 0, 0, 0);
	tell_started(&k);
	close(starter->go);
	close(starter->reports);
	close_range(STDIN_FILENO, STDERR_FILENO, 0);
	while (goes_on) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			take_states(&k);
		if (fds[0].revents)
			goes_on = take_word(&k);
	}
	leave(&k);
}
