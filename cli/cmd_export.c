/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd.h"
#include "orchestrate.h"
#include "stream.h"

#define FOLLOW_POLL_MS 50

static int block_signals(struct tsem_error *error)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* a reader that leaves is an error of writing, with counts */
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? tsem_error_set(error, errno, "cannot wait for signals: %s", strerror(errno)) : fd;
}

/* True when tsem is to end. */
static bool take_signals(int signals, const struct tsem_namespace *status)
{
	struct signalfd_siginfo info;
	bool ending = false;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			stream_counts(status);
		else
			ending = true;
	}
	return ending;
}

/* ---- a session ---- */

static int print_session_counts(const char *name, struct tsem_error *error)
{
	struct tsem_session session;
	int r = tsem_session_status(name, &session, error);

	if (!r)
		stream_counts(&session.status);
	return r;
}

static int follow(struct tsem_follow *records, const char *name, bool go_on, int signals, struct stream *stream)
{
	struct pollfd fd = {.fd = signals, .events = POLLIN};
	struct tsem_session session = {};
	bool ended = false;
	int r;

	for (;;) {
		r = tsem_follow_read(records, stream_record, stream, &ended, stream->error);
		if (!r)
			r = stream_flush(stream);
		if (r || ended || !go_on)
			return r;
		if (poll(&fd, 1, FOLLOW_POLL_MS) <= 0)
			continue;
		r = tsem_session_status(name, &session, stream->error);
		if (r || take_signals(signals, &session.status))
			return r;
	}
}

static int export_session(const struct invocation *v, const char *name, int signals)
{
	struct tsem_follow *records;
	struct stream stream;
	int r = tsem_follow_open(name, &records, v->error);

	if (r)
		return r;
	r = stream_open(&stream, invocation_value(v, OPTION_export_output), v->error);
	if (!r)
		r = stream_close(&stream, follow(records, name, invocation_given(v, OPTION_export_follow), signals, &stream));
	tsem_follow_close(records);
	return r ? r : print_session_counts(name, v->error);
}

/* ---- the root namespace ---- */

static int carry(struct tsem_orchestrator *orchestrator, int signals, struct stream *stream)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
			       {.fd = tsem_orchestrator_fd(orchestrator), .events = POLLIN}};
	struct tsem_namespace status;
	int r;

	for (;;) {
		r = tsem_orchestrator_drain(orchestrator, stream_record, stream, stream->error);
		if (!r)
			r = stream_flush(stream);
		if (!r)
			r = tsem_orchestrator_status(orchestrator, &status, stream->error);
		if (r || take_signals(signals, &status))
			return r;
		poll(fds, 2, -1);
	}
}

static int root_in(const struct invocation *v, struct tsem_orchestrator *orchestrator, int signals, struct stream *stream)
{
	struct tsem_session session;
	int r, ended;

	stream->orchestrator = orchestrator;
	r = carry(orchestrator, signals, stream);
	ended = tsem_orchestrator_destroy(orchestrator, r ? NULL : v->error);
	stream->orchestrator = NULL;
	r = stream_close(stream, r ? r : ended);
	if (!tsem_session_status("root", &session, NULL))
		stream_counts(&session.status);
	return r;
}

static int export_root(const struct invocation *v, int signals)
{
	unsigned all = invocation_choice(v, OPTION_export_events, 0);
	struct tsem_namespace_options options = {
		.name = "root",
		.mode = TSEM_MODE_EXPORT,
		.options = TSEM_OPTION_ROOT | TSEM_OPTION_STREAM |
			   options_from_words(0, invocation_choice(v, OPTION_export_digest, 0), all) |
			   (invocation_choice(v, OPTION_export_on_full, 0) ? TSEM_OPTION_BLOCK : 0),
	};
	struct tsem_orchestrator *orchestrator;
	struct tsem_kernel *kernel;
	struct stream stream;
	int r = options_bypass(v, invocation_value(v, OPTION_export_bypass), &options.options);

	if (!r)
		r = stream_open(&stream, invocation_value(v, OPTION_export_output), v->error);
	if (r)
		return r;
	r = tsem_kernel_open(TSEM_KERNEL_LOAD | (all ? TSEM_KERNEL_ALL_EVENTS : 0), &kernel, v->error);
	if (r)
		return stream_close(&stream, r);
	r = tsem_kernel_stay_outside(kernel, v->error);
	if (!r)
		r = tsem_orchestrator_create(kernel, &options, &orchestrator, v->error);
	r = r ? stream_close(&stream, r) : root_in(v, orchestrator, signals, &stream);
	tsem_kernel_close(kernel);
	return r;
}

static int check_words(const struct invocation *v)
{
	bool root = invocation_given(v, OPTION_export_root);

	if (root == (v->operand_count > 0))
		return usage_error(v, "export wants the NAME of a session or --root");
	if (!root && (invocation_given(v, OPTION_export_on_full) || invocation_given(v, OPTION_export_events) ||
		      invocation_given(v, OPTION_export_digest) || invocation_given(v, OPTION_export_bypass)))
		return usage_error(v, "--on-full, --events, --digest and --bypass are those of the session");
	return 0;
}

int cmd_export(const struct invocation *v)
{
	int signals, r = check_words(v);

	if (r)
		return r;
	signals = block_signals(v->error);
	if (signals < 0)
		return signals;
	r = invocation_given(v, OPTION_export_root) ? export_root(v, signals) :
						      export_session(v, v->operands[0], signals);
	close(signals);
	return r;
}
