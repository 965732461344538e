/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "attendant.h"

#include "../../lib/start/away.h"
#include "../../lib/start/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_GROUP TSEM_GROUPS "/tsem"

struct attendant_message {
	int status;
	char name[TSEM_NAME_MAX];
	struct tsem_error error;
};

static int teller = -1; /* of the attendant, until its report; written by attendant_begin and attendant_tell */
static int signals = -1;

static int leave_group(struct tsem_error *error)
{
	int procs = -1, r = 0;

	if (mkdir(OWN_GROUP, 0755) && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make the control group " OWN_GROUP ": %s", strerror(errno));
	procs = open(OWN_GROUP "/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs < 0 || write(procs, "0", 1) != 1)
		r = tsem_error_set(error, errno, "cannot move a process to the control group " OWN_GROUP ": %s",
				   strerror(errno));
	if (procs >= 0)
		close(procs);
	return r;
}

/* A shutdown of the machine, or a signal by hand, still leaves the partial result. */
static int take_signals(struct tsem_error *error)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return signals < 0 ? tsem_error_set(error, errno, "cannot wait for signals: %s", strerror(errno)) : 0;
}

int attendant_signals(void)
{
	return signals;
}

static bool attendant_is(int socket)
{
	struct tsem_error error = {};
	int r;

	teller = socket;
	inherited_raise_limits();
	r = take_signals(&error);
	if (!r)
		r = leave_group(&error);
	if (!r)
		return true;
	attendant_tell(r, "", &error);
	_exit(1);
}

static int listen_to(int socket, char ret_name[TSEM_NAME_MAX], struct tsem_error *error)
{
	struct attendant_message message;
	ssize_t n;

	do
		n = recv(socket, &message, sizeof(message), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(message))
		return tsem_error_set(error, EPIPE, "the process of tsem that keeps the namespace has died");
	memcpy(ret_name, message.name, sizeof(message.name));
	if (message.status)
		*error = message.error;
	return message.status;
}

bool attendant_begin(int *ret_status, char ret_name[TSEM_NAME_MAX], struct tsem_error *error)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		*ret_status = tsem_error_set(error, errno, "cannot make a socket: %s", strerror(errno));
		return false;
	}
	pid = fork_away();
	close(ends[pid != 0]);
	if (!pid)
		return attendant_is(ends[1]);
	*ret_status = pid < 0 ? tsem_error_set(error, EAGAIN, "cannot start a process that keeps the namespace") :
				listen_to(ends[0], ret_name, error);
	close(ends[0]);
	return false;
}

/* A caller that waits for the end of its descriptors, such as a pipe, must not wait for the attendant. */
static void let_go(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO && null >= 0; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	if (chdir("/"))
		return; /* it keeps a file system busy, and that is all */
}

void attendant_tell(int status, const char *name, struct tsem_error *error)
{
	struct attendant_message message = {.status = status, .error = *error};

	if (teller < 0)
		return;
	snprintf(message.name, sizeof(message.name), "%s", name);
	if (!status)
		let_go();
	send(teller, &message, sizeof(message), MSG_NOSIGNAL); /* no process may wait for it any more */
	close(teller);
	teller = -1;
	memset(error, 0, sizeof(*error));
}
