/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "terminal.h"
#include "front_serve.h"
#include "terminal_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTER "/proc/self/fd/0"
#define DRAIN_MAX 64 /* reads, more than a terminal can buffer */

bool terminal_is_there(void)
{
	return isatty(STDIN_FILENO);
}

/* ---- whose terminal it is ---- */

/* A terminal that does not control this process has no foreground for us. */
static bool in_foreground(const struct terminal *t)
{
	pid_t group = tcgetpgrp(t->outer);

	return group < 0 || group == getpgrp();
}

static void tell_keeper(const struct terminal *t, int word)
{
	struct keeper_message message = {.word = word};

	send(t->keeper_socket, &message, sizeof(message), MSG_NOSIGNAL);
}

/*
 * While we were in the background, another process such as a line-editing shell may have changed our terminal's
 * settings.
 */
static void take_settings(struct terminal *t)
{
	struct termios now = {};

	if (!t->begun && !tcgetattr(t->master, &now) && !memcmp(&now, &t->first, sizeof(now)))
		tcsetattr(t->master, TCSANOW, &t->saved);
	t->begun = true;
}

/* From here on the input is CMD's, including the keys that send signals. */
static void hold(struct terminal *t)
{
	struct termios raw;

	if (t->held || t->over || t->paused || !t->pid || !in_foreground(t) || tcgetattr(t->outer, &t->saved))
		return;
	take_settings(t);
	raw = t->saved;
	cfmakeraw(&raw);
	t->held = !tcsetattr(t->outer, TCSADRAIN, &raw);
	tell_keeper(t, KEEPER_FOREGROUND);
}

/* Restores only settings that we made: a shell may have set its own meanwhile. */
static void restore_settings(struct terminal *t)
{
	struct termios now;

	if (t->held && !tcgetattr(t->outer, &now) && !(now.c_lflag & ICANON) && !(now.c_oflag & OPOST))
		tcsetattr(t->outer, TCSADRAIN, &t->saved);
	t->held = false;
}

void terminal_release(struct terminal *t)
{
	restore_settings(t);
}

void terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (!ioctl(t->outer, TIOCGWINSZ, &size))
		ioctl(t->master, TIOCSWINSZ, &size);
}

/* The kernel stops a background process that reads or sets the terminal. */
static bool is_terminal_stop(int status)
{
	return WIFSTOPPED(status) && (WSTOPSIG(status) == SIGTTIN || WSTOPSIG(status) == SIGTTOU);
}

void terminal_resume(struct terminal *t)
{
	bool foreground = in_foreground(t);

	if (!foreground)
		t->held = false;
	t->wanted |= foreground && is_terminal_stop(t->status);
	terminal_resize(t);
	if (foreground && t->wanted)
		hold(t);
	else
		tell_keeper(t, KEEPER_BACKGROUND);
	tell_keeper(t, KEEPER_CONTINUE);
}

bool terminal_pause(struct terminal *t)
{
	if (t->over || !in_foreground(t))
		return false;
	restore_settings(t);
	t->paused = true;
	return true;
}

void terminal_unpause(struct terminal *t)
{
	t->paused = false;
	terminal_resume(t);
	terminal_signal_all(t, SIGWINCH);
}

bool terminal_gives(struct terminal *t)
{
	if (!is_terminal_stop(t->status) || t->held || !in_foreground(t))
		return false;
	t->wanted = true;
	hold(t);
	tell_keeper(t, KEEPER_CONTINUE);
	return t->held;
}

void terminal_key(const struct terminal *t, int signal)
{
	if (!t->wanted || ioctl(t->master, TIOCSIG, signal))
		terminal_signal_all(t, signal);
}

bool terminal_signal_all(const struct terminal *t, int signal)
{
	return t->pid > 0 && !kill(-t->pid, signal);
}

/* ---- beginning ---- */

/* With the mode and owner of ours: a process that becomes another user inside still owns it. */
static int make_slave(struct terminal *t)
{
	int unlock = 0, slave;
	struct termios settings;
	struct stat st;

	if (ioctl(t->master, TIOCSPTLCK, &unlock))
		return -errno;
	slave = ioctl(t->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	if (!tcgetattr(t->outer, &settings))
		tcsetattr(slave, TCSANOW, &settings);
	if (!fstat(t->outer, &st) && (fchown(slave, st.st_uid, st.st_gid) || fchmod(slave, st.st_mode & 0666)))
		errno = 0; /* then it belongs to our parent */
	tcgetattr(slave, &t->first);
	terminal_resize(t);
	return slave;
}

static int open_ends(struct terminal *t)
{
	t->outer = open(OUTER, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (t->outer < 0)
		return -errno;
	t->master = open("/dev/ptmx", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return t->master < 0 ? -errno : make_slave(t);
}

/* CMD's number and its pidfd. */
static int take_started(struct terminal *t, int *ret_pidfd)
{
	struct front_message message;

	if (front_receive(t->keeper_socket, &message, ret_pidfd, 1, 0) || message.word == FRONT_GONE)
		return -EIO;
	t->pid = message.value;
	return t->pid < 0 ? t->pid : *ret_pidfd < 0 ? -EMFILE : 0;
}

static int start_keeper(struct terminal *t, const struct starter *starter, int slave, const int *others, size_t count)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	t->keeper_socket = ends[0];
	t->keeper = fork();
	if (!t->keeper) {
		for (size_t i = 0; i < count; i++)
			close(others[i]);
		close(ends[0]);
		close(t->outer);
		close(t->master);
		keeper_run(starter, slave, ends[1], t->wanted);
	}
	close(ends[1]);
	return t->keeper < 0 ? -EAGAIN : 0;
}

int terminal_start(const struct starter *starter, const int *others, size_t other_count, struct terminal **ret_terminal,
		   int *ret_pidfd)
{
	struct terminal *t = calloc(1, sizeof(*t));
	int slave, r;

	if (!t)
		return -ENOMEM;
	t->outer = t->master = t->keeper_socket = -1;
	slave = open_ends(t);
	r = slave < 0 ? slave : 0;
	/* In a pipeline another process may read the terminal. */
	t->wanted = !r && in_foreground(t) && isatty(STDOUT_FILENO);
	if (!r)
		r = start_keeper(t, starter, slave, others, other_count);
	if (slave >= 0)
		close(slave);
	if (!r)
		r = take_started(t, ret_pidfd);
	if (r) {
		terminal_end(t);
		return r;
	}
	if (t->wanted)
		hold(t);
	*ret_terminal = t;
	return 0;
}

/* ---- bytes ---- */

static bool is_full(const struct terminal_bytes *b)
{
	return b->to == TERMINAL_BUFFER;
}

static bool is_empty(const struct terminal_bytes *b)
{
	return b->from == b->to;
}

/* False at the end of the input. */
static bool take_bytes(int fd, struct terminal_bytes *b)
{
	ssize_t n = read(fd, b->bytes + b->to, TERMINAL_BUFFER - b->to);

	if (n > 0)
		b->to += n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Drops output that nobody can read any more. */
static void put_bytes(int fd, struct terminal_bytes *b)
{
	ssize_t n = write(fd, b->bytes + b->from, b->to - b->from);

	if (n > 0)
		b->from += n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		b->from = b->to;
	if (is_empty(b))
		b->from = b->to = 0;
}

void terminal_poll(const struct terminal *t, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = t->held && !t->over && !is_full(&t->in) ? t->outer : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = is_empty(&t->out) ? -1 : t->outer, .events = POLLOUT};
	fds[2] = (struct pollfd){.fd = t->master,
				 .events = (is_full(&t->out) ? 0 : POLLIN) | (is_empty(&t->in) ? 0 : POLLOUT)};
	fds[3] = (struct pollfd){.fd = t->keeper_socket, .events = POLLIN};
	if (!fds[2].events)
		fds[2].fd = -1;
	for (int i = 0; t->paused && i < 3; i++)
		fds[i].fd = -1;
}

static void take_state(struct terminal *t)
{
	struct keeper_message message;
	ssize_t n = recv(t->keeper_socket, &message, sizeof(message), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(message)) { /* it was killed, and CMD's session with it */
		close(t->keeper_socket);
		t->keeper_socket = -1;
		message.value = SIGKILL;
	}
	t->status = message.value;
	t->changed = true;
}

void terminal_hang_up(struct terminal *t)
{
	t->over = true;
	t->held = false;
	terminal_signal_all(t, SIGHUP);
	terminal_signal_all(t, SIGCONT);
}

void terminal_turn(struct terminal *t, const struct pollfd *fds)
{
	if (fds[0].fd >= 0 && fds[0].revents) {
		t->typed = true;
		if (!take_bytes(t->outer, &t->in))
			terminal_hang_up(t);
	}
	if (fds[2].fd >= 0 && fds[2].revents & (POLLIN | POLLHUP | POLLERR) && !is_full(&t->out) &&
	    !take_bytes(t->master, &t->out)) {
		close(t->master);
		t->master = -1;
	}
	if (t->master >= 0 && !is_empty(&t->in) && !t->paused)
		put_bytes(t->master, &t->in);
	if (!is_empty(&t->out) && !t->paused)
		put_bytes(t->outer, &t->out);
	if (fds[3].fd >= 0 && fds[3].revents)
		take_state(t);
}

bool terminal_changed(struct terminal *t, int *ret_status)
{
	bool changed = t->changed;

	*ret_status = t->status;
	t->changed = false;
	if (changed && !WIFSTOPPED(t->status)) {
		restore_settings(t);
		t->pid = 0;
	}
	return changed;
}

/* ---- end ---- */

static void put_all(struct terminal *t)
{
	struct pollfd to = {.fd = t->outer, .events = POLLOUT};

	while (t->outer >= 0 && !is_empty(&t->out)) {
		poll(&to, 1, -1);
		put_bytes(t->outer, &t->out);
	}
}

/* poll(2) also reports data still in flight from the other end. A process that CMD left running may write for ever. */
static void drain(struct terminal *t)
{
	struct pollfd from = {.fd = t->master, .events = POLLIN};

	put_all(t);
	for (int i = 0; i < DRAIN_MAX && t->master >= 0 && poll(&from, 1, 0) > 0 && take_bytes(t->master, &t->out); i++)
		put_all(t);
}

void terminal_end(struct terminal *t)
{
	if (t->keeper > 0) {
		tell_keeper(t, KEEPER_END);
		waitpid(t->keeper, NULL, 0);
	}
	drain(t);
	restore_settings(t);
	if (t->outer >= 0)
		close(t->outer);
	if (t->master >= 0)
		close(t->master);
	if (t->keeper_socket >= 0)
		close(t->keeper_socket);
	free(t);
}
