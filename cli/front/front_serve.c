/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "front_serve.h"
#include "../../lib/start/inherited.h"
#include "prompt.h"
#include "sentinel.h"
#include "../../lib/start/starter.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FD_ORCHESTRATOR, FD_SIGNALS, FD_PROMPT, FD_TERMINAL };

struct front {
	const struct front_options *options;
	struct sentinel sentinel;
	struct terminal *terminal; /* CMD's own; NULL: it shares ours */
	struct prompt prompt; /* on ours */
	int socket; /* to the orchestrator; -1: it is gone */
	int signals;
	int pidfd;
	pid_t pid; /* CMD; 0: none runs */
	bool withdrawn; /* the last question was, and nothing was typed since */
	bool interrupted; /* a signal asked to end */
	bool ended; /* a CMD has run, and has ended */
	int status; /* its status */
};

static void send_word(struct front *f, enum front_word word, int value)
{
	front_send(f->socket, &(struct front_message){.word = word, .value = value}, NULL, 0);
}

/* ---- starting CMD ---- */

/* others: descriptors of this process that must close when it dies. */
static int fork_cmd(struct front *f, const struct starter *starter, const int *others, size_t count)
{
	pid_t pid;

	if (!f->options->same_terminal && terminal_is_there()) {
		int r = terminal_start(starter, others, count, &f->terminal, &f->pidfd);

		f->pid = r ? 0 : f->terminal->pid;
		return r;
	}
	pid = fork();
	if (!pid) {
		for (size_t i = 0; i < count; i++)
			close(others[i]);
		_exit(starter_run(starter));
	}
	if (pid < 0)
		return -errno;
	f->pid = pid;
	f->pidfd = syscall(SYS_pidfd_open, pid, 0);
	return f->pidfd < 0 ? -errno : 0;
}

static void tell_started(const struct front *f, int r, const int *descriptors)
{
	const struct front_message message = {
		.word = FRONT_STARTED,
		.value = -r,
		.pid = f->pid,
		.keeper = f->terminal ? f->terminal->keeper : 0,
	};

	front_send(f->socket, &message, descriptors, r ? 0 : FRONT_DESCRIPTORS);
}

static int take_end(struct front *f)
{
	struct front_message message;

	do
		if (front_receive(f->socket, &message, NULL, 0, 0) || message.word == FRONT_GONE)
			return -1;
	while (message.word != FRONT_END);
	return message.value;
}

/* From here on this process is CMD. The orchestrator reports a failure to start it. */
static void become_cmd(struct front *f, const struct starter *starter)
{
	int status = starter_run(starter), told;

	close(starter->reports);
	told = take_end(f);
	_exit(told < 0 ? status : told);
}

static void start(struct front *f)
{
	int go[2], reports[2], r = f->interrupted ? -EINTR : starter_pipes(go, reports);
	bool piped = !r;
	struct starter starter;

	if (!r) {
		starter = (struct starter){f->options->argv, f->options->wall, getpid(), go[0], reports[1]};
		if (f->options->in_place) {
			f->pid = getpid();
			f->pidfd = syscall(SYS_pidfd_open, f->pid, 0);
			r = f->pidfd < 0 ? -errno : 0;
		} else {
			r = fork_cmd(f, &starter, (const int[]){f->socket, f->signals, go[1], reports[0]}, 4);
		}
	}
	tell_started(f, r, (const int[]){f->pidfd, piped ? go[1] : -1, piped ? reports[0] : -1});
	if (piped) {
		close(go[1]);
		close(reports[0]);
	}
	if (!r && f->options->in_place)
		become_cmd(f, &starter);
	if (piped) {
		close(go[0]);
		close(reports[1]);
	}
}

/* ---- questions ---- */

static void answer(struct front *f, int id, int letter)
{
	const struct front_message message = {.word = FRONT_ANSWERED, .value = letter, .pid = id};

	front_send(f->socket, &message, NULL, 0);
}

static void ask(struct front *f, int id, int text)
{
	if (text >= 0 && prompt_open(&f->prompt, f->terminal, id, text))
		return;
	answer(f, id, 0);
}

static void give_up(struct front *f)
{
	int id = f->prompt.id;

	prompt_close(&f->prompt, NULL);
	answer(f, id, 0);
}

static void take_answer(struct front *f)
{
	const char *word = prompt_turn(&f->prompt);
	int id = f->prompt.id;
	char letter;

	if (!word)
		return;
	letter = *word;
	if (!letter) {
		terminal_hang_up(f->terminal);
		give_up(f);
	} else if (strchr(f->options->letters, letter) && !word[1]) {
		prompt_close(&f->prompt, NULL);
		answer(f, id, letter);
	} else {
		prompt_again(&f->prompt, "tsem: one of the letters: ");
	}
}

static void withdraw(struct front *f, int id)
{
	if (f->prompt.terminal && id == f->prompt.id)
		prompt_close(&f->prompt, "\r\ntsem: this question is closed\r\n");
	f->withdrawn = true;
	if (f->terminal)
		f->terminal->typed = false;
}

/* Somebody who let a question pass is there again. */
static void look_who_types(struct front *f)
{
	if (!f->withdrawn || !f->terminal->typed)
		return;
	f->withdrawn = false;
	send_word(f, FRONT_BACK, 0);
}

/* ---- stops ---- */

static void end(struct front *f, int status) __attribute__((noreturn));
static void orchestrator_gone(struct front *f);

/* The signal that ended our own stop is not forwarded again. */
static void take_continue(struct front *f)
{
	struct timespec at_once = {};
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, SIGCONT);
	if (sigtimedwait(&one, NULL, &at_once) == SIGCONT)
		sentinel_got(&f->sentinel, SIGCONT);
}

/*
 * Our parent sees a stopped job. SIGSTOP stops one process; the other stop signals come from a terminal, to the whole
 * group.
 */
static void stop(struct front *f, int signal)
{
	sigset_t one;

	if (f->terminal)
		terminal_release(f->terminal);
	if (signal == SIGSTOP || inherited_ignored(signal)) {
		raise(SIGSTOP);
	} else {
		kill(f->terminal ? 0 : getpid(), signal);
		sigemptyset(&one);
		sigaddset(&one, signal);
		sigprocmask(SIG_UNBLOCK, &one, NULL);
		sigprocmask(SIG_BLOCK, &one, NULL);
		if (f->terminal)
			sentinel_got(&f->sentinel, signal);
	}
	if (f->terminal) {
		take_continue(f);
		terminal_resume(f->terminal);
	}
	if (!prompt_resume(&f->prompt))
		give_up(f);
}

/* The orchestrator knows whether a violation has stopped CMD: then CMD stays stopped, and the front does not stop. */
static bool should_follow_stop(struct front *f, int signal)
{
	struct front_message message;

	send_word(f, FRONT_STOPPED, signal);
	do {
		if (front_receive(f->socket, &message, NULL, 0, 0))
			return true;
		if (message.word == FRONT_END)
			end(f, message.value);
		if (message.word == FRONT_GONE) {
			orchestrator_gone(f);
			return true;
		}
	} while (message.word != FRONT_FOLLOW);
	return message.value;
}

static void stopped(struct front *f, int signal)
{
	if (f->terminal && terminal_gives(f->terminal))
		return;
	if (f->socket < 0 || should_follow_stop(f, signal))
		stop(f, signal);
}

static bool is_interruption(int signal)
{
	return (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT) &&
	       !inherited_ignored(signal);
}

static void note_interrupt(struct front *f, int signal)
{
	f->interrupted = true;
	send_word(f, FRONT_INTERRUPTED, signal);
}

/* Any other stop signal is CMD's own choice, and is not repeated here. */
static bool is_stop_signal(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* The keys of CMD's own terminal reach CMD only, so a key that ends CMD was meant for tsem, too. */
static void take_cmd_status(struct front *f, int status)
{
	if (WIFSTOPPED(status)) {
		if (is_stop_signal(WSTOPSIG(status)))
			stopped(f, WSTOPSIG(status));
		return;
	}
	if (f->terminal && WIFSIGNALED(status) && is_interruption(WTERMSIG(status)))
		note_interrupt(f, WTERMSIG(status));
	f->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	f->ended = true;
	f->pid = 0;
	close(f->pidfd);
	f->pidfd = -1;
	send_word(f, FRONT_ENDED, f->status);
}

/* Other children are orphans, because this is the first process of a PID namespace. Their status interests nobody. */
static void reap(struct front *f)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid == f->pid && !f->terminal)
			take_cmd_status(f, status);
		else if (f->terminal && pid == f->terminal->keeper)
			f->terminal->keeper = 0;
		else if (pid == f->sentinel.pid)
			f->sentinel.pid = 0;
	}
}

/* ---- signals ---- */

/* With its value, if it has one: the kernel allows this for codes that a program can choose. */
static void send_on(const struct front *f, const struct signalfd_siginfo *info)
{
	siginfo_t copy = {.si_signo = info->ssi_signo, .si_code = info->ssi_code};

	copy.si_pid = info->ssi_pid;
	copy.si_uid = info->ssi_uid;
	copy.si_value.sival_ptr = (void *)(uintptr_t)info->ssi_ptr;
	if (info->ssi_code >= 0 || info->ssi_code == SI_TKILL ||
	    syscall(SYS_pidfd_send_signal, f->pidfd, info->ssi_signo, &copy, 0))
		syscall(SYS_pidfd_send_signal, f->pidfd, info->ssi_signo, NULL, 0);
}

/* A CMD with its own terminal is not in our group, so signals to our group do not reach it. */
static void forward_to_terminal(struct front *f, const struct signalfd_siginfo *info, bool group)
{
	int signal = info->ssi_signo;

	if (signal == SIGWINCH)
		terminal_resize(f->terminal);
	else if (signal == SIGCONT)
		terminal_resume(f->terminal);
	else if (info->ssi_code == SI_KERNEL && (signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP))
		terminal_key(f->terminal, signal);
	else if (signal != SIGTTIN && signal != SIGTTOU && !(group && terminal_signal_all(f->terminal, signal)))
		send_on(f, info);
}

static void forward_signal(struct front *f, const struct signalfd_siginfo *info)
{
	int signal = info->ssi_signo;
	bool group;

	if (signal == SIGCHLD && info->ssi_code > 0)
		return; /* one of our children: see reap() */
	if (signal == SIGPIPE && info->ssi_pid == (unsigned)getpid())
		return;
	group = sentinel_got(&f->sentinel, signal);
	if (is_interruption(signal))
		note_interrupt(f, signal);
	if (!f->pid)
		return;
	/* CMD may be who waits for the answer, and does not stop then. */
	if (f->prompt.terminal && info->ssi_code == SI_KERNEL && signal == SIGTSTP)
		stop(f, signal);
	else if (f->terminal)
		forward_to_terminal(f, info, group);
	else if (!group)
		send_on(f, info);
}

static void take_signals(struct front *f)
{
	struct signalfd_siginfo info;

	while (read(f->signals, &info, sizeof(info)) == sizeof(info))
		forward_signal(f, &info);
	reap(f);
}

/* ---- the orchestrator ---- */

static void end(struct front *f, int status)
{
	prompt_close(&f->prompt, NULL);
	if (f->terminal)
		terminal_end(f->terminal);
	sentinel_end(&f->sentinel);
	exit(status);
}

/* Without an orchestrator. */
static int final_status(const struct front *f)
{
	return f->ended && !f->options->needed ? f->status : START_FAILED;
}

static void orchestrator_gone(struct front *f)
{
	close(f->socket);
	f->socket = -1;
	if (!f->pid)
		end(f, final_status(f));
	fprintf(stderr,
		"tsem: the orchestrator ended before %s: its namespace continues, and `tsem why` has its records%s\n",
		f->options->argv[0], f->options->needed ? "; tsem does nothing else" : "");
}

static void take_word(struct front *f)
{
	struct front_message message;
	int descriptor = -1;

	if (front_receive(f->socket, &message, &descriptor, 1, MSG_DONTWAIT))
		return;
	if (message.word == FRONT_ASK)
		ask(f, message.value, descriptor);
	else if (descriptor >= 0)
		close(descriptor);
	if (message.word == FRONT_WITHDRAW)
		withdraw(f, message.value);
	if (message.word == FRONT_START) {
		prompt_close(&f->prompt, NULL);
		if (f->terminal)
			terminal_end(f->terminal);
		f->terminal = NULL;
		start(f);
	} else if (message.word == FRONT_END) {
		end(f, message.value);
	} else if (message.word == FRONT_GONE) {
		orchestrator_gone(f);
	}
}

void front_serve(const struct front_options *options, int socket)
{
	struct front f = {.options = options, .socket = socket, .pidfd = -1};
	struct pollfd fds[FD_TERMINAL + TERMINAL_FDS] = {};
	int status;

	f.signals = inherited_signals();
	if (f.signals < 0)
		_exit(START_FAILED);
	if (!options->in_place)
		sentinel_start(&f.sentinel);
	for (;;) {
		fds[FD_ORCHESTRATOR] = (struct pollfd){.fd = f.socket, .events = POLLIN};
		fds[FD_SIGNALS] = (struct pollfd){.fd = f.signals, .events = POLLIN};
		fds[FD_PROMPT] = (struct pollfd){.fd = prompt_fd(&f.prompt), .events = POLLIN};
		if (f.terminal)
			terminal_poll(f.terminal, fds + FD_TERMINAL);
		if (poll(fds, FD_TERMINAL + (f.terminal ? TERMINAL_FDS : 0), prompt_wait(&f.prompt)) < 0)
			continue;
		if (prompt_settle(&f.prompt))
			fds[FD_PROMPT].revents = 0;
		if (fds[FD_PROMPT].revents)
			take_answer(&f);
		if (f.terminal) {
			terminal_turn(f.terminal, fds + FD_TERMINAL);
			look_who_types(&f);
		}
		if (fds[FD_SIGNALS].revents)
			take_signals(&f);
		if (f.terminal && terminal_changed(f.terminal, &status))
			take_cmd_status(&f, status);
		if (fds[FD_ORCHESTRATOR].revents && f.socket >= 0)
			take_word(&f);
		if (f.socket < 0 && !f.pid)
			end(&f, final_status(&f));
	}
}
