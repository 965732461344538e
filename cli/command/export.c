/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../frame/cmd.h"
#include "loading.h"
#include "../session/orchestrate.h"
#include "../session/stream_file.h"
#include "../session/stream.h"
#include "knowledge.h"
#include "sending.h"

#define FOLLOW_POLL_MS 50

static const struct sending_words sending = {OPTION_export_to, OPTION_export_output, OPTION_export_spool,
					     OPTION_export_format};

/* ---- a session ---- */

/* Gone, or replaced by another one of the same name, whose counts are its own. id 0: any. */
static bool is_replaced(const char *name, tsem_u64 id, struct tsem_session *ret_session)
{
	return tsem_session_status(name, ret_session, NULL) || (id && ret_session->status.id != id);
}

static void print_session_counts(const char *name, tsem_u64 id)
{
	struct tsem_session session;

	if (is_replaced(name, id, &session))
		fputs("tsem: another session has this name now, so that nothing is known of how many events were lost\n",
		      stderr);
	else
		stream_counts(&session.status);
}

static int follow(struct tsem_follow *records, const char *name, bool go_on, int signals, struct stream *stream)
{
	struct pollfd fd = {.fd = signals, .events = POLLIN};
	struct tsem_session session = {};
	int r;

	for (;;) {
		r = tsem_follow_read(records, stream_record, stream, &stream->ended, stream->error);
		if (!r)
			r = stream_flush(stream);
		if (r || stream->ended || !go_on)
			return r;
		if (poll(&fd, 1, FOLLOW_POLL_MS) <= 0)
			continue;
		r = tsem_session_status(name, &session, stream->error);
		if (r || stream_take_signals(stream, &session.status))
			return r;
	}
}

/* Uses the session's final counts, because the last events may be lost. */
static void note_last(struct stream *stream, const char *name, tsem_u64 id)
{
	struct tsem_session session;

	if (!stream->ended || is_replaced(name, id, &session))
		return;
	stream->context = session.status.id;
	if (session.status.records > stream->last)
		stream->last = session.status.records;
	if (!stream->first && stream->last && !stream->skipped)
		stream->first = 1;
}

static int export_session(const struct invocation *v, const struct stream_options *options, int signals)
{
	const char *name = options->name;
	struct tsem_follow *records;
	struct tsem_session session;
	struct stream stream;
	int r = tsem_session_status(name, &session, v->error);

	if (!r)
		r = tsem_follow_open(name, &records, v->error);
	if (r)
		return r;
	r = stream_open_with(&stream, options, v->error);
	if (!r) {
		r = follow(records, name, invocation_given(v, OPTION_export_follow), signals, &stream);
		if (!r)
			note_last(&stream, name, session.status.id);
		r = stream_close(&stream, r);
	}
	tsem_follow_close(records);
	if (!r && !options->url)
		print_session_counts(name, session.status.id);
	return r;
}

/* ---- the root namespace ---- */

static int carry(struct tsem_orchestrator *orchestrator, int signals, struct stream *stream)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
			       {.fd = tsem_orchestrator_fd(orchestrator), .events = POLLIN}};
	struct tsem_status status;
	int r;

	for (;;) {
		r = tsem_orchestrator_drain(orchestrator, stream_record, stream, stream->error);
		if (!r)
			r = stream_flush(stream);
		if (!r)
			r = tsem_orchestrator_status(orchestrator, &status, stream->error);
		if (r || stream_take_signals(stream, &status))
			return r;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return tsem_error_set(stream->error, errno, "cannot wait for events: %s", strerror(errno));
	}
}

static int root_in(const struct invocation *v, struct tsem_orchestrator *orchestrator, int signals,
		   struct stream *stream)
{
	struct tsem_session session;
	int r, ended;
	bool known;

	stream->orchestrator = orchestrator;
	r = stream_last(stream, carry(orchestrator, signals, stream));
	ended = tsem_orchestrator_destroy(orchestrator, r ? NULL : v->error);
	stream->orchestrator = NULL;
	stream->ended = !r && !ended;
	note_last(stream, "root", 0);
	known = !tsem_session_status("root", &session, NULL);
	r = stream_close(stream, r ? r : ended);
	if (known && !stream->options.url)
		stream_counts(&session.status);
	return r;
}

static int export_root_with(const struct invocation *v, struct tsem_kernel *kernel,
			    const struct tsem_namespace_options *options, const struct stream_options *to, int signals)
{
	struct tsem_orchestrator *orchestrator;
	struct stream stream;
	/* Before the carrier starts its thread, which must stay outside, too. */
	int r = tsem_kernel_stay_outside(kernel, v->error);

	if (!r)
		r = stream_open_with(&stream, to, v->error);
	if (r)
		return r;
	r = tsem_orchestrator_create(kernel, options, &orchestrator, v->error);
	return r ? stream_close(&stream, r) : root_in(v, orchestrator, signals, &stream);
}

static int export_root(const struct invocation *v, const struct stream_options *to, int signals)
{
	struct tsem_namespace_options options = {
		.size = sizeof(options),
		.name = "root",
		.mode = TSEM_MODE_EXPORT,
	};
	struct tsem_kernel *kernel;
	int r = options_words(v, &options.options);
	bool all = options.options & TSEM_OPTION_ALL_EVENTS;

	options.options |= TSEM_OPTION_ROOT | TSEM_OPTION_STREAM;
	if (invocation_is(v, OPTION_export_on_full, "block"))
		options.options |= TSEM_OPTION_BLOCK;
	if (!r)
		r = kernel_open_told(TSEM_KERNEL_LOAD | (all ? TSEM_KERNEL_ALL_EVENTS : 0), LOADING_FOR_ONE, &kernel,
				     v->error);
	if (r)
		return r;
	r = export_root_with(v, kernel, &options, to, signals);
	tsem_kernel_close(kernel);
	return r;
}

/* ---- the words ---- */

static int check_sink(const struct invocation *v)
{
	if (!invocation_given(v, OPTION_export_to) && invocation_given(v, OPTION_export_linger))
		return usage_error(v, "--linger needs --to");
	if (!invocation_given(v, OPTION_export_spool) && invocation_given(v, OPTION_export_spool_size))
		return usage_error(v, "--spool-size needs --spool");
	return sending_check(v, &sending);
}

static int check_words(const struct invocation *v)
{
	bool root = invocation_given(v, OPTION_export_root), from = invocation_given(v, OPTION_export_from);

	if (root + from + (v->operand_count > 0) != 1)
		return usage_error(v, "export needs the NAME of a session, --root or --from FILE");
	if (!root && (invocation_given(v, OPTION_export_events) || invocation_given(v, OPTION_export_digest) ||
		      invocation_given(v, OPTION_export_bypass)))
		return usage_error(v, "--events, --digest and --bypass come from the session");
	if (!root && !invocation_given(v, OPTION_export_spool) && invocation_given(v, OPTION_export_on_full))
		return usage_error(v, "--on-full comes from the session; with --spool it also applies to the spool");
	if (!from && invocation_given(v, OPTION_export_name))
		return usage_error(v, "--name needs --from: a session has a name");
	if (from && invocation_given(v, OPTION_export_follow))
		return usage_error(v, "--follow needs a session, not a file");
	return check_sink(v);
}

static int fill_options(const struct invocation *v, int signals, struct stream_options *options)
{
	const char *size = invocation_value(v, OPTION_export_spool_size);

	*options = sending_options(v, &sending);
	options->drop = !invocation_is(v, OPTION_export_on_full, "block");
	options->name = invocation_given(v, OPTION_export_root) ? "root" : v->operand_count ? v->operands[0] : "replay";
	options->resume = true;
	options->linger = invocation_number(v, OPTION_export_linger, SENDING_LINGER);
	options->signals = signals;
	if (invocation_given(v, OPTION_export_name))
		options->name = invocation_value(v, OPTION_export_name);
	if (strlen(options->name) >= TSEM_NAME_MAX)
		return usage_error(v, "--name is longer than %d bytes", TSEM_NAME_MAX - 1);
	if (size && (!sink_size_parse(size, &options->spool_size) || options->spool_size < SPOOL_SIZE_MIN))
		return usage_error(v, "--spool-size needs a size of at least 2M, such as 256M; not \"%s\"", size);
	return 0;
}

static int know(const struct invocation *v, struct knowledge *knowledge, struct stream_options *options)
{
	int r = knowledge_open(knowledge, v->operand_count ? v->operands[0] : NULL, v->error);

	options->knowledge = &knowledge->sink;
	return r;
}

int cmd_export(const struct invocation *v)
{
	const char *from = invocation_value(v, OPTION_export_from);
	struct stream_options options;
	struct knowledge knowledge = {};
	int signals, r = check_words(v);

	if (r)
		return r;
	signals = stream_signals(v->error);
	if (signals < 0)
		return signals;
	r = fill_options(v, signals, &options);
	if (!r && options.format == FORMAT_OCSF)
		r = know(v, &knowledge, &options);
	if (!r)
		r = from				    ? stream_file(from, &options, v->error) :
		    invocation_given(v, OPTION_export_root) ? export_root(v, &options, signals) :
							      export_session(v, &options, signals);
	knowledge_close(&knowledge);
	close(signals);
	return r;
}
