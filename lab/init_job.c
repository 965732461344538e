/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRAIN_MAX (4u << 20)
#define TTY_DRAIN_MS 100
#define WATCH_MS 500

struct command {
	struct lab_channel *channel;
	const struct guest_job *job;
	pid_t pid;
	int in; /* ends that init keeps; -1 when closed */
	int out;
	int err;
	int child[3]; /* ends for the command */
	int signals;
	bool in_ended; /* the host said that no more will come */
	bool exited;
	uint32_t status;
	size_t held_start; /* stdin that the command has not taken yet */
	size_t held_end;
	uint8_t held[LAB_STDIN_WINDOW];
};

static bool has_flag(const struct command *command, uint32_t flag)
{
	return command->job->head.flags & flag;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int make_pipe(int *ret_read, int *ret_write)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

static void set_size(int fd, const struct lab_size *size)
{
	struct winsize window = {.ws_row = size->rows, .ws_col = size->columns};

	ioctl(fd, TIOCSWINSZ, &window);
}

static int open_terminal(struct command *command)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *name;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	name = ptsname(master);
	command->child[0] = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (command->child[0] < 0)
		return -errno;
	set_size(master, &command->job->head.size);
	command->child[1] = fcntl(command->child[0], F_DUPFD_CLOEXEC, 3);
	command->in = master;
	command->out = fcntl(master, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static int open_pipes(struct command *command)
{
	int err;

	if (has_flag(command, LAB_JOB_STDIN))
		err = make_pipe(&command->child[0], &command->in);
	else
		err = (command->child[0] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0 ? -errno : 0;
	return err ? err : make_pipe(&command->out, &command->child[1]);
}

static int open_streams(struct command *command)
{
	int err = has_flag(command, LAB_JOB_TTY) ? open_terminal(command) : open_pipes(command);

	if (err)
		return err;
	if (has_flag(command, LAB_JOB_TTY_STDERR))
		command->child[2] = fcntl(command->child[0], F_DUPFD_CLOEXEC, 3);
	else
		err = make_pipe(&command->err, &command->child[2]);
	if (err)
		return err;
	fcntl(command->in, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(command->out, F_SETFL, O_RDWR | O_NONBLOCK);
	fcntl(command->err, F_SETFL, O_NONBLOCK);
	return 0;
}

static void execute(const struct command *command)
{
	sigset_t none;
	int i;

	setsid();
	if (has_flag(command, LAB_JOB_TTY))
		ioctl(command->child[0], TIOCSCTTY, 0);
	for (i = 0; i < 3; i++)
		dup2(command->child[i], i);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	environ = command->job->environment;
	execvp(command->job->argv[0], command->job->argv);
	i = errno == ENOENT ? 127 : 126;
	fprintf(stderr, "tsem lab: cannot execute '%s': %s\n", command->job->argv[0], strerror(errno));
	fflush(stderr);
	_exit(i);
}

static int start(struct command *command)
{
	int i;

	command->pid = fork();
	if (command->pid < 0)
		return -errno;
	if (command->pid == 0)
		execute(command);
	for (i = 0; i < 3; i++)
		close_end(&command->child[i]);
	return 0;
}

/* False when there is nothing to read now or any more. */
static bool forward_output(struct command *command, int *fd, uint32_t type)
{
	uint8_t chunk[LAB_CHUNK];
	ssize_t got = *fd < 0 ? 0 : read(*fd, chunk, sizeof(chunk));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		close_end(fd);
		return false;
	}
	if (lab_channel_put(command->channel, type, chunk, (size_t)got) < 0)
		guest_power_off();
	lab_channel_write(command->channel);
	return true;
}

static void feed_command(struct command *command)
{
	size_t held = command->held_end - command->held_start;
	ssize_t put = 0;
	uint32_t credit;

	if (held && command->in >= 0) {
		put = write(command->in, command->held + command->held_start, held);
		if (put < 0 && errno != EAGAIN && errno != EINTR)
			close_end(&command->in);
	}
	if (put > 0) {
		command->held_start += (size_t)put;
		credit = (uint32_t)put;
		lab_channel_put(command->channel, LAB_CREDIT, &credit, sizeof(credit));
	}
	if (command->held_start == command->held_end && command->in_ended && !has_flag(command, LAB_JOB_TTY))
		close_end(&command->in);
}

/* The host never sends more than the window without credit. */
static void hold_stdin(struct command *command, const struct lab_message *message)
{
	size_t held = command->held_end - command->held_start;

	memmove(command->held, command->held + command->held_start, held);
	command->held_start = 0;
	command->held_end = held;
	if (message->length > sizeof(command->held) - held)
		guest_fail(command->channel, EPROTO, "the guest got more stdin than it allowed");
	memcpy(command->held + held, message->payload, message->length);
	command->held_end += message->length;
}

static void handle_message(struct command *command, const struct lab_message *message)
{
	struct lab_size size;
	uint32_t number;

	if (message->type == LAB_STDIN) {
		hold_stdin(command, message);
	} else if (message->type == LAB_STDIN_EOF) {
		command->in_ended = true;
	} else if (message->type == LAB_SIGNAL && message->length == sizeof(number)) {
		memcpy(&number, message->payload, sizeof(number));
		if (kill(-command->pid, (int)number) < 0)
			kill(command->pid, (int)number); /* not yet in its session */
	} else if (message->type == LAB_SIZE && message->length == sizeof(size)) {
		memcpy(&size, message->payload, sizeof(size));
		set_size(command->in, &size);
	}
}

static void receive(struct command *command)
{
	struct lab_message message;

	lab_channel_read(command->channel);
	while (lab_channel_next(command->channel, &message) > 0)
		handle_message(command, &message);
}

static void reap(struct command *command)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	if (read(command->signals, &info, sizeof(info)) < 0 && errno != EAGAIN)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != command->pid)
			continue;
		command->exited = true;
		command->status =
			WIFSIGNALED(status) ? 128u + (uint32_t)WTERMSIG(status) : (uint32_t)WEXITSTATUS(status);
	}
}

/*
 * virtiofsd keeps a descriptor for each inode that the guest remembers, and its limit may be far below the number that
 * a walk over /usr touches.
 */
static void forget_inodes(const struct command *command)
{
	unsigned long count = 0;
	FILE *file;

	file = fopen("/proc/sys/fs/inode-nr", "re");
	if (!file)
		return;
	if (fscanf(file, "%lu", &count) != 1)
		count = 0;
	fclose(file);
	if (count < command->job->head.inode_limit)
		return;
	file = fopen("/proc/sys/vm/drop_caches", "we");
	if (!file)
		return;
	fputs("2", file);
	fclose(file);
}

static void serve_once(struct command *command)
{
	bool room = lab_channel_queued(command->channel) == 0;
	bool held = command->held_end > command->held_start;
	struct pollfd set[] = {
		{.fd = command->channel->fd, .events = (short)(POLLIN | (room ? 0 : POLLOUT))},
		{.fd = command->signals, .events = POLLIN},
		{.fd = room ? command->out : -1, .events = POLLIN},
		{.fd = room ? command->err : -1, .events = POLLIN},
		{.fd = held ? command->in : -1, .events = POLLOUT},
	};
	bool watch = command->job->head.inode_limit;

	if (poll(set, sizeof(set) / sizeof(set[0]), watch ? WATCH_MS : -1) < 0)
		return;
	if (set[0].revents & POLLIN)
		receive(command);
	if (set[2].revents)
		forward_output(command, &command->out, LAB_STDOUT);
	if (set[3].revents)
		forward_output(command, &command->err, LAB_STDERR);
	if (set[1].revents & POLLIN)
		reap(command);
	feed_command(command);
	lab_channel_write(command->channel);
	if (watch)
		forget_inodes(command);
}

/* Output before the command ended; its children are not waited for. */
static void drain(struct command *command, int *fd, uint32_t type)
{
	struct pollfd ready = {.events = POLLIN};
	size_t rounds;

	for (rounds = 0; rounds < DRAIN_MAX / LAB_CHUNK; rounds++) {
		if (!forward_output(command, fd, type)) {
			ready.fd = *fd;
			if (*fd < 0 || !has_flag(command, LAB_JOB_TTY) || poll(&ready, 1, TTY_DRAIN_MS) <= 0)
				return;
		}
		guest_flush(command->channel);
	}
}

static int watch_children(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

uint32_t guest_run_job(struct lab_channel *channel, const struct guest_job *job)
{
	static struct command command = {.in = -1, .out = -1, .err = -1};
	int err;

	command.channel = channel;
	command.job = job;
	command.signals = watch_children();
	if (command.signals < 0)
		guest_fail(channel, errno, "the guest cannot wait for the command");
	if (chdir(job->cwd) < 0)
		guest_fail(channel, errno, "the working directory '%s' is not in the guest", job->cwd);
	err = open_streams(&command);
	sleep(job->head.idle_seconds);
	lab_channel_put(channel, LAB_STARTED, NULL, 0);
	guest_flush(channel);
	if (!err)
		err = start(&command);
	if (err)
		guest_fail(channel, -err, "the guest could not start the command");
	while (!command.exited)
		serve_once(&command);
	drain(&command, &command.out, LAB_STDOUT);
	drain(&command, &command.err, LAB_STDERR);
	return command.status;
}
