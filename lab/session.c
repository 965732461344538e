/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include "wire.h"
#include "../lib/base/ticks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS 3000
#define LOGS_MS 1000
#define CONSOLE_LINES 20
#define KILL_KEY 0x1d /* Ctrl-]: in raw mode Ctrl-C belongs to the guest */
/* A pipe that polls writable takes so much without blocking. */
#define OUTPUT_CHUNK 4096u

struct session {
	struct lab_channel channel;
	struct lab_machine *machine;
	int signals;
	int files_end; /* pidfd of virtiofsd */
	uint32_t flags;
	uint8_t *job;
	size_t job_length;
	bool greeted, started;
	bool ended; /* result is set, or error when it is negative */
	int result;
	int stop_signal; /* the signal that asked the runner to end; 0: none */
	int64_t stop_at; /* kill then; 0 never */
	int64_t timeout_at;
	int64_t trim_at; /* the logs, next */
	uint32_t window; /* bytes of stdin that the guest still takes */
	bool stdin_ended;
	bool closed[3]; /* nobody reads the runner's output any more */
	int pending_fd; /* output not yet taken by the runner's caller */
	const uint8_t *pending;
	size_t pending_length;
	struct tsem_error *error;
};

static int64_t now_ms(void)
{
	return ticks_now() / 1000000;
}

static void finish(struct session *session, int result)
{
	if (!session->ended)
		session->result = result;
	session->ended = true;
}

static void finish_dead(struct session *session, const char *what, int log)
{
	char text[2048];
	char said[256];

	lab_log_tail(session->machine->console, CONSOLE_LINES, text, sizeof(text));
	if (text[0])
		lab_progress("the guest's console ended with:\n%s", text);
	lab_log_tail(log, 1, said, sizeof(said));
	tsem_error_set(session->error, EIO, "%s%s%.200s; try again, or with more --mem", what, said[0] ? ": " : "",
		       said);
	finish(session, -1);
}

static void send_number(struct session *session, uint32_t type, uint32_t number)
{
	if (lab_channel_put(&session->channel, type, &number, sizeof(number)) < 0)
		finish_dead(session, "no memory to talk to the guest", session->machine->log);
}

static void refuse(struct session *session)
{
	finish_dead(session, "the guest sent a malformed message", session->machine->log);
}

/* Answers once: a guest that keeps asking and reads nothing would fill the runner's memory. */
static void send_job(struct session *session)
{
	if (session->greeted) {
		refuse(session);
		return;
	}
	session->greeted = true;
	if (lab_channel_put(&session->channel, LAB_JOB, session->job, session->job_length) < 0)
		finish_dead(session, "no memory to talk to the guest", session->machine->log);
}

/* The guest never has more of stdin in flight than the window, so the queue to it is bounded. */
static void take_credit(struct session *session, uint32_t number)
{
	if (number > LAB_STDIN_WINDOW - session->window)
		refuse(session);
	else
		session->window += number;
}

static void set_pending(struct session *session, int fd, const struct lab_message *message)
{
	if (session->closed[fd])
		return;
	session->pending_fd = fd;
	session->pending = message->payload;
	session->pending_length = message->length;
}

static void handle_message(struct session *session, const struct lab_message *message)
{
	uint32_t number = 0;

	if (message->length == sizeof(number))
		memcpy(&number, message->payload, sizeof(number));
	if (message->type == LAB_HELLO) {
		send_job(session);
	} else if (message->type == LAB_STARTED) {
		session->started = true;
		if (session->flags & LAB_JOB_TTY)
			lab_terminal_raw();
	} else if (message->type == LAB_STDOUT) {
		set_pending(session, STDOUT_FILENO, message);
	} else if (message->type == LAB_STDERR) {
		set_pending(session, STDERR_FILENO, message);
	} else if (message->type == LAB_CREDIT) {
		take_credit(session, number);
	} else if (message->type == LAB_STATUS && message->length == sizeof(number)) {
		finish(session, (int)(number & 255));
	} else if (message->type == LAB_FAIL) {
		tsem_error_set(session->error, EIO, "%.*s", (int)message->length, (const char *)message->payload);
		finish(session, -1);
	} else {
		refuse(session);
	}
}

/* A message's payload stays valid until the next message is read. */
static void handle_messages(struct session *session)
{
	struct lab_message message;
	int found = 0;

	while (!session->pending_length && !session->ended &&
	       (found = lab_channel_next(&session->channel, &message)) > 0)
		handle_message(session, &message);
	if (found < 0)
		refuse(session);
}

static void receive(struct session *session)
{
	long got = lab_channel_read(&session->channel);

	if (got == -EAGAIN)
		return;
	if (got > 0)
		handle_messages(session);
	else if (!session->ended)
		finish_dead(session, "the guest died without reporting", session->machine->log);
}

/* A QEMU that ends takes virtiofsd with it, which may be gone before QEMU has closed the channel. */
static void files_ended(struct session *session)
{
	struct pollfd machine = {.fd = session->channel.fd, .events = POLLRDHUP};

	if (poll(&machine, 1, LOGS_MS) > 0)
		finish_dead(session, "the guest died without reporting", session->machine->log);
	else
		finish_dead(session, "virtiofsd, which serves the host's files, died", session->machine->files_log);
}

static void write_pending(struct session *session)
{
	size_t size = session->pending_length < OUTPUT_CHUNK ? session->pending_length : OUTPUT_CHUNK;
	ssize_t put = write(session->pending_fd, session->pending, size);

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (put < 0) {
		/* As the kernel does for a command of the caller. */
		session->closed[session->pending_fd] = true;
		session->pending_length = 0;
		send_number(session, LAB_SIGNAL, SIGPIPE);
		return;
	}
	session->pending += put;
	session->pending_length -= (size_t)put;
}

static void end_stdin(struct session *session)
{
	session->stdin_ended = true;
	lab_channel_put(&session->channel, LAB_STDIN_EOF, NULL, 0);
}

static void read_stdin(struct session *session)
{
	uint8_t chunk[LAB_CHUNK];
	size_t size = session->window < sizeof(chunk) ? session->window : sizeof(chunk);
	ssize_t got = read(STDIN_FILENO, chunk, size);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end_stdin(session);
		return;
	}
	if ((session->flags & LAB_JOB_TTY) && memchr(chunk, KILL_KEY, (size_t)got)) {
		session->stop_signal = SIGINT;
		session->stop_at = now_ms();
	}
	session->window -= (uint32_t)got;
	lab_channel_put(&session->channel, LAB_STDIN, chunk, (size_t)got);
}

static void send_size(struct session *session)
{
	struct winsize window;
	struct lab_size size;

	if (!(session->flags & LAB_JOB_TTY) || ioctl(STDIN_FILENO, TIOCGWINSZ, &window) < 0)
		return;
	size.rows = window.ws_row;
	size.columns = window.ws_col;
	lab_channel_put(&session->channel, LAB_SIZE, &size, sizeof(size));
}

/* The first is the command's to handle, for a while; the second ends the VM. */
static void handle_signal(struct session *session)
{
	struct signalfd_siginfo info;

	if (read(session->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH) {
		send_size(session);
		return;
	}
	session->stop_at = session->stop_signal || !session->started ? now_ms() : now_ms() + GRACE_MS;
	session->stop_signal = (int)info.ssi_signo;
	if (session->started)
		send_number(session, LAB_SIGNAL, info.ssi_signo);
}

static int wait_time(const struct session *session)
{
	int64_t next = session->timeout_at;
	int64_t now = now_ms();

	if (session->stop_at && (!next || session->stop_at < next))
		next = session->stop_at;
	if (!next || next - now > LOGS_MS)
		return LOGS_MS;
	return next > now ? (int)(next - now) : 0;
}

/* The guest controls the output of its machine, so only the ends are kept. */
static void trim_logs(struct session *session)
{
	const struct lab_machine *machine = session->machine;
	int64_t now = now_ms();

	if (now < session->trim_at)
		return;
	session->trim_at = now + LOGS_MS;
	lab_log_trim(machine->console);
	lab_log_trim(machine->log);
	lab_log_trim(machine->files_log);
}

static void check_deadlines(struct session *session)
{
	int64_t now = now_ms();

	if (session->stop_at && now >= session->stop_at)
		finish(session, 128 + session->stop_signal);
	else if (session->timeout_at && now >= session->timeout_at)
		finish(session, LAB_STATUS_TIMEOUT);
}

static void serve_once(struct session *session)
{
	bool busy = session->pending_length;
	bool input = session->started && !session->stdin_ended && session->window;
	short port = (short)((busy ? 0 : POLLIN) | (lab_channel_queued(&session->channel) ? POLLOUT : 0));
	struct pollfd set[] = {
		{.fd = port ? session->channel.fd : -1, .events = port},
		{.fd = session->signals, .events = POLLIN},
		{.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = busy ? session->pending_fd : -1, .events = POLLOUT},
		{.fd = busy ? -1 : session->files_end, .events = POLLIN},
	};

	if (poll(set, sizeof(set) / sizeof(set[0]), wait_time(session)) < 0)
		return;
	if (set[1].revents)
		handle_signal(session);
	if (set[3].revents)
		write_pending(session);
	if (set[2].revents)
		read_stdin(session);
	handle_messages(session);
	if (set[0].revents & (POLLIN | POLLHUP) && !busy)
		receive(session);
	if (set[4].revents && !session->ended)
		files_ended(session);
	/* A dead guest's last words are read before its end is noticed. */
	lab_channel_write(&session->channel);
	trim_logs(session);
	check_deadlines(session);
}

/* A signal that the caller ignores stays ignored. */
static int open_signals(sigset_t *ret_old)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
	struct sigaction action;
	sigset_t set;
	size_t i;
	int fd;

	sigemptyset(&set);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, numbers[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&set, SIGPIPE);
	if (fd >= 0)
		sigprocmask(SIG_BLOCK, &set, ret_old);
	return fd;
}

/* A SIGPIPE of the runner itself must not come back with the old mask. */
static void close_signals(int fd, const sigset_t *old)
{
	static const struct timespec none;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigtimedwait(&set, NULL, &none);
	sigprocmask(SIG_SETMASK, old, NULL);
	if (fd >= 0)
		close(fd);
}

int lab_session_run(const struct lab_options *options, struct lab_machine *machine, char *const argv[],
		    struct tsem_error *error)
{
	struct session session = {
		.machine = machine,
		.flags = lab_terminal_flags(),
		.window = LAB_STDIN_WINDOW,
		.error = error,
		.result = -1,
	};
	sigset_t old;

	if (lab_job_encode(options, argv, session.flags, machine->fd_limit, &session.job, &session.job_length, error) <
	    0)
		return -1;
	session.stdin_ended = !(session.flags & (LAB_JOB_STDIN | LAB_JOB_TTY));
	if (options->timeout_seconds)
		session.timeout_at = now_ms() + (int64_t)options->timeout_seconds * 1000;
	session.signals = open_signals(&old);
	if (session.signals < 0) {
		tsem_error_set(error, errno, "cannot wait for signals: %s", strerror(errno));
		free(session.job);
		return -1;
	}
	session.files_end = (int)syscall(SYS_pidfd_open, machine->files, 0);
	if (lab_channel_init(&session.channel, machine->port) < 0)
		finish_dead(&session, "cannot talk to the guest", machine->log);
	machine->port = -1;
	while (!session.ended)
		serve_once(&session);
	lab_terminal_restore();
	close_signals(session.signals, &old);
	if (session.files_end >= 0)
		close(session.files_end);
	lab_channel_deinit(&session.channel);
	free(session.job);
	return session.result;
}
