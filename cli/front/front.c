/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "front.h"
#include "../../lib/base/environment.h"
#include "../../lib/start/away.h"
#include "../../lib/start/inherited.h"
#include "front_serve.h"
#include "printer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the orchestrator. */
static int front = -1;
static bool in_place;
static pid_t started;
static struct front_message set_aside[FRONT_WORDS];
static size_t set_aside_count;

int front_send(int socket, const struct front_message *message, const int *descriptors, size_t count)
{
	char control[CMSG_SPACE(FRONT_DESCRIPTORS * sizeof(int))] = {};
	struct iovec bytes = {(void *)message, sizeof(*message)};
	struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
	struct cmsghdr *rights;

	if (count) {
		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), descriptors, count * sizeof(int));
	}
	return sendmsg(socket, &header, MSG_NOSIGNAL) == sizeof(*message) ? 0 : -errno;
}

int front_receive(int socket, struct front_message *ret_message, int *ret_descriptors, size_t count, int flags)
{
	char control[CMSG_SPACE(FRONT_DESCRIPTORS * sizeof(int))];
	struct iovec bytes = {ret_message, sizeof(*ret_message)};
	struct msghdr header = {.msg_iov = &bytes,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	struct cmsghdr *rights;
	ssize_t n;

	do
		n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return -EAGAIN;
	if (n != sizeof(*ret_message)) {
		*ret_message = (struct front_message){.word = FRONT_GONE};
		return 0;
	}
	rights = CMSG_FIRSTHDR(&header);
	for (size_t i = 0; i < count; i++)
		ret_descriptors[i] = -1;
	if (rights && rights->cmsg_type == SCM_RIGHTS && rights->cmsg_len == CMSG_LEN(count * sizeof(int)))
		memcpy(ret_descriptors, CMSG_DATA(rights), count * sizeof(int));
	return 0;
}

/* ---- in the orchestrator ---- */

static void replace(int fd, int flags)
{
	int null = open("/dev/null", flags | O_CLOEXEC);

	if (null < 0)
		return;
	dup3(null, fd, O_CLOEXEC);
	close(null);
}

/* Closes what CMD also has open: it must see its end when CMD closes it. */
static void release_descriptors(int socket)
{
	replace(STDIN_FILENO, O_RDONLY);
	if (!in_place)
		return;
	replace(STDOUT_FILENO, O_WRONLY);
	if (socket > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, socket - 1, 0);
	close_range(socket + 1, ~0u, 0);
	if (chdir("/"))
		return; /* it keeps a file system busy, which is harmless */
}

/* No terminal signals it, nobody waits for it, and it gets only the signals of its children. */
static void become_orchestrator(int socket)
{
	front = socket;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	release_descriptors(socket);
}

/* Where only its children get a PID namespace, the first of them would become its init. */
static bool children_get_pid_namespace(void)
{
	struct stat own, children;

	return !stat("/proc/self/ns/pid", &own) && !stat("/proc/self/ns/pid_for_children", &children) &&
	       own.st_ino != children.st_ino;
}

int front_begin(const struct front_options *options, struct tsem_error *error)
{
	int ends[2];
	pid_t pid;

	if (children_get_pid_namespace())
		return tsem_error_set(error, EINVAL,
				      "the children of tsem would be in a PID namespace that tsem itself is not in: "
				      "start tsem inside that namespace, for example with unshare --pid --fork");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return tsem_error_set(error, errno, "cannot make a socket: %s", strerror(errno));
	inherited_hold_signals();
	in_place = options->in_place;
	started = getpid();
	pid = fork_away(); /* CMD does not find the orchestrator among its own children */
	if (pid < 0)
		return tsem_error_set(error, EAGAIN, "cannot start a process for the orchestrator");
	close(ends[pid > 0]);
	if (pid) {
		environment_forget_secrets();
		front_serve(options, ends[0]);
	}
	become_orchestrator(ends[1]);
	return printer_begin(error);
}

int front_start(struct front_message *ret_started, int ret_descriptors[FRONT_DESCRIPTORS], struct tsem_error *error)
{
	const struct front_message start = {.word = FRONT_START};
	int r = front_send(front, &start, NULL, 0);

	/* Drops messages about an earlier CMD; the front repeats a request to end. */
	do {
		if (r || front_receive(front, ret_started, ret_descriptors, FRONT_DESCRIPTORS, 0) ||
		    ret_started->word == FRONT_GONE)
			return tsem_error_set(error, EPIPE, "the process that starts the workload is gone");
	} while (ret_started->word != FRONT_STARTED);
	return ret_started->value ? -ret_started->value : 0;
}

int front_fd(void)
{
	return front;
}

static bool take_set_aside(struct front_message *ret_message)
{
	if (!set_aside_count)
		return false;
	*ret_message = set_aside[0];
	memmove(set_aside, set_aside + 1, --set_aside_count * sizeof(*set_aside));
	return true;
}

/* However often CMD stops, it is set aside once. */
static void put_aside(const struct front_message *message)
{
	for (size_t i = 0; i < set_aside_count; i++)
		if (set_aside[i].word == message->word)
			return;
	set_aside[set_aside_count++] = *message;
}

bool front_wants_end(void)
{
	struct front_message message;
	bool end = false;

	while (front >= 0 && !front_receive(front, &message, NULL, 0, MSG_DONTWAIT)) {
		put_aside(&message);
		end |= message.word == FRONT_INTERRUPTED || (message.word == FRONT_GONE && !in_place);
		if (message.word == FRONT_GONE)
			break; /* it can be read for ever */
	}
	return end;
}

bool front_take(struct front_message *ret_message)
{
	if (!take_set_aside(ret_message) && (front < 0 || front_receive(front, ret_message, NULL, 0, MSG_DONTWAIT)))
		return false;
	if (ret_message->word == FRONT_GONE) {
		close(front);
		front = -1;
	}
	return true;
}

void front_follow(bool follow)
{
	front_send(front, &(struct front_message){.word = FRONT_FOLLOW, .value = follow}, NULL, 0);
}

void front_ask(int id, int text)
{
	front_send(front, &(struct front_message){.word = FRONT_ASK, .value = id}, &text, 1);
}

void front_withdraw(int id)
{
	front_send(front, &(struct front_message){.word = FRONT_WITHDRAW, .value = id}, NULL, 0);
}

bool front_in_place(void)
{
	return in_place;
}

pid_t front_pid(void)
{
	return in_place ? 0 : started;
}

void front_end(int status)
{
	if (front >= 0)
		front_send(front, &(struct front_message){.word = FRONT_END, .value = status}, NULL, 0);
}
