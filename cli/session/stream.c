/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/base/ticks.h"

#define FLUSH_SIZE (256u << 10)
#define WAIT_MS 100 /* between two looks for signals */

static void say(const char *text)
{
	fprintf(stderr, "tsem: %s\n", text);
}

static void tell_found(const struct stream *stream)
{
	const struct spool_found *found = &stream->found;

	if (found->events)
		fprintf(stderr, "tsem: the spool has %llu events that were not delivered yet\n", found->events);
	if (found->damaged)
		fprintf(stderr, "tsem: %llu damaged records of the spool were dropped\n", found->damaged);
	if (found->missing)
		fprintf(stderr, "tsem: %llu segments of the spool are missing\n", found->missing);
}

static int open_carrier(struct stream *stream)
{
	const struct stream_options *options = &stream->options;
	struct carrier_options to = {
		.url = options->url,
		.spool = options->spool,
		.spool_size = options->spool_size,
		.drop = options->drop,
		.identity = stream->format.identity,
		.format = options->format == FORMAT_OCSF ? "ocsf" : "tsem",
		.say = say,
	};
	int r;

	stream->path = options->url;
	r = carrier_create(&to, &stream->carrier, &stream->found, stream->error);
	if (r)
		return r;
	tell_found(stream);
	if (stream->found.events && options->format != FORMAT_OCSF)
		stream->owed = to.identity; /* the last line of an earlier run may be among them */
	return 0;
}

static int guard_process(void *orchestrator, int pid, struct tsem_error *error)
{
	return tsem_orchestrator_guard(orchestrator, pid, error);
}

void stream_guard(struct stream *stream, struct tsem_orchestrator *orchestrator)
{
	if (stream->carrier)
		carrier_guard(stream->carrier, orchestrator ? guard_process : NULL, orchestrator);
}

static bool wants_end(void *context)
{
	return stream_take_signals(context, NULL);
}

int stream_open_with(struct stream *stream, const struct stream_options *options, struct tsem_error *error)
{
	const char *path = options->path;
	struct sink_identity identity;
	int r = 0;

	*stream = (struct stream){.path = path ? path : "standard output",
				  .outlet = {-1, options->signals, wants_end, stream},
				  .error = error,
				  .options = *options};
	sink_identity_here(options->name ? options->name : "", &identity);
	sink_format_init(&stream->format, options->format, options->url, &identity);
	stream->format.knowledge = options->knowledge;
	if (options->url)
		r = open_carrier(stream);
	else if ((r = outlet_open(&stream->outlet, path)))
		r = tsem_error_set(error, -r, "cannot write %s: %s", path,
				   r == -ECANCELED ? "interrupted before a reader opened it" : strerror(-r));
	if (r)
		sink_format_deinit(&stream->format);
	return r;
}

int stream_open(struct stream *stream, const char *path, struct tsem_error *error)
{
	return stream_open_with(stream, &(struct stream_options){.path = path, .signals = -1}, error);
}

/* Truncates a partial line of a regular file, so that it ends with a complete one. */
static void drop_half_line(struct stream *stream, const char *from, const char *to)
{
	const char *end = memrchr(from, '\n', to - from);
	size_t half = to - (end ? end + 1 : from);
	struct stat st;

	if (half && !fstat(stream->outlet.fd, &st) && S_ISREG(st.st_mode) && st.st_size >= (off_t)half &&
	    ftruncate(stream->outlet.fd, st.st_size - half))
		return; /* the reader will find a partial line: nothing more can be done */
}

/* written bytes of the lines are in the file. A record that is being taken just now is not in waiting. */
static int fail(struct stream *stream, size_t written, int code)
{
	const char *start = stream->lines.data;

	drop_half_line(stream, start, start + written);
	for (const char *at = start; (at = memchr(at, '\n', start + written - at)); at++)
		stream->waiting--;
	if (stream->orchestrator)
		tsem_orchestrator_undelivered(stream->orchestrator, stream->waiting);
	stream->failed = true;
	stream->waiting = stream->lines.size = 0;
	return tsem_error_set(stream->error, code, "cannot write events to %s: %s", stream->path,
			      code == ECANCELED ? "interrupted" : strerror(code));
}

int stream_flush(struct stream *stream)
{
	size_t written;
	int r;

	if (stream->carrier)
		return 0;
	if (stream->lines.failed)
		return fail(stream, 0, ENOMEM);
	r = outlet_write(&stream->outlet, stream->lines.data, stream->lines.size, &written);
	if (r)
		return fail(stream, written, -r);
	stream->waiting = stream->lines.size = 0;
	return 0;
}

/* ---- by a carrier ---- */

/* Until there is room, or a signal asks to end. */
static int hand_over(struct stream *stream, const struct sink_message *message)
{
	int r;

	while ((r = carrier_take(stream->carrier, message, stream->interrupted ? 0 : WAIT_MS, stream->error)) ==
	       -EAGAIN) {
		if (stream->interrupted || stream_take_signals(stream, NULL)) {
			stream->interrupted = true;
			break;
		}
	}
	return r;
}

static bool found_here(const struct stream *stream, tsem_u64 context)
{
	return stream->options.resume && stream->found.number && context == stream->found.context &&
	       !strcmp(stream->found.boot, stream->format.identity.boot);
}

static void fill_message(const struct stream *stream, const struct sink_identity *identity, tsem_u64 context,
			 tsem_u64 number, struct sink_message *ret_message)
{
	*ret_message = (struct sink_message){
		.context = context,
		.number = number,
		.host = identity->host,
		.boot = identity->boot,
		.name = identity->name,
		.text = stream->lines.data,
		.size = stream->lines.size,
	};
}

/* 1: it does not fit, and so no event may come. */
static int tell_owed(struct stream *stream, tsem_u64 context, tsem_u64 number)
{
	struct sink_message message;
	int r;

	if (!stream->owed.epoch)
		return 0;
	stream->lines.size = 0;
	sink_identity_line(&stream->owed, "tsem", &stream->lines);
	if (stream->lines.failed)
		return tsem_error_set(stream->error, ENOMEM, "out of memory");
	fill_message(stream, &stream->owed, context, number, &message);
	message.kind = SINK_STREAM;
	r = hand_over(stream, &message);
	if (!r)
		stream->owed.epoch = 0;
	return r;
}

/* An OCSF line has its own time. Of two that do not fit, one after the other, the second one is told. */
int stream_owe_identity(struct stream *stream)
{
	int r = 0;

	if (!stream->carrier || stream->format.kind == FORMAT_OCSF)
		return 0;
	if (stream->many)
		r = tell_owed(stream, 0, 0);
	stream->owed = stream->format.identity;
	return r == -EAGAIN ? -ECANCELED : r < 0 ? r : 0;
}

static void note_number(struct stream *stream, const struct tsem_record *record)
{
	stream->context = record->context;
	if (!stream->first)
		stream->first = found_here(stream, record->context) ? stream->found.number + 1 : 1;
	if (record->number > stream->last)
		stream->last = record->number;
}

static int hand_over_record(struct stream *stream, const struct tsem_record *record)
{
	struct sink_message message;

	stream->lines.size = 0;
	sink_format_record(&stream->format, record, &stream->lines);
	if (stream->lines.failed)
		return tsem_error_set(stream->error, ENOMEM, "out of memory");
	fill_message(stream, &stream->format.identity, record->context, record->number, &message);
	message.class = tsem_event_class_number(record->event);
	return hand_over(stream, &message);
}

static int carry(struct stream *stream, const struct tsem_record *record)
{
	int owed, r;

	if (found_here(stream, record->context) && record->number <= stream->found.number) {
		stream->skipped++;
		stream->context = record->context;
		return 0;
	}
	owed = tell_owed(stream, record->context, record->number);
	r = owed ? owed : hand_over_record(stream, record);
	if (r == -EAGAIN && !stream->orchestrator)
		return -ECANCELED; /* it stays where it is */
	if (owed || r == -EAGAIN)
		carrier_drop(stream->carrier);
	note_number(stream, record);
	stream->failed = r < 0 && r != -EAGAIN;
	return stream->failed ? r : 0;
}

int stream_end_of(struct stream *stream, tsem_u64 context, tsem_u64 last)
{
	struct sink_message message;
	int r;

	if (!stream->carrier)
		return 0;
	stream->lines.size = 0;
	sink_format_end(&stream->format, context, last, &stream->lines);
	if (stream->lines.failed || !stream->lines.size)
		return 0;
	fill_message(stream, &stream->format.identity, context, last, &message);
	message.kind = SINK_END;
	r = hand_over(stream, &message);
	return r == -EAGAIN ? -ECANCELED : r;
}

static void print_carried(const struct stream *stream, const struct carrier_counts *counts)
{
	tsem_u64 produced = counts->taken;

	if (!stream->many && stream->first && stream->last >= stream->first)
		produced = stream->last - stream->first + 1;
	if (produced < counts->taken)
		produced = counts->taken;
	fprintf(stderr, "tsem: %llu events produced, ", produced);
	if (counts->found)
		fprintf(stderr, "%llu found in the spool, ", counts->found);
	fprintf(stderr, "%llu delivered, %llu lost", counts->delivered, counts->dropped + produced - counts->taken);
	if (stream->options.spool || counts->waiting)
		fprintf(stderr, ", %llu %s", counts->waiting, stream->options.spool ? "spooled" : "waiting");
	fprintf(stderr, "\n");
	if (stream->skipped)
		fprintf(stderr, "tsem: an earlier run had already taken %llu more events from the session\n",
			stream->skipped);
}

static void wait_for_sink(struct stream *stream)
{
	struct carrier_counts counts, before = {};
	tsem_u64 since = ticks_now();

	while (!carrier_settled(stream->carrier, WAIT_MS)) {
		carrier_counts(stream->carrier, &counts);
		if (counts.delivered != before.delivered)
			since = ticks_now();
		before = counts;
		if (ticks_now() - since > stream->options.linger * TICKS_SECOND || stream_take_signals(stream, NULL))
			return;
	}
}

static int close_carrier(struct stream *stream, int r)
{
	struct tsem_error error = {};
	struct carrier_counts counts, before;
	int ended;

	if (stream->ended && stream->context && !stream->failed)
		stream_end_of(stream, stream->context, stream->last);
	wait_for_sink(stream);
	carrier_counts(stream->carrier, &before);
	ended = carrier_destroy(stream->carrier, &counts, &error);
	if (!stream->options.spool && counts.dropped > before.dropped && !ended)
		ended = tsem_error_set(&error, ETIMEDOUT,
				       "%s took no more events: %llu are lost; --spool DIR keeps them for a later try",
				       stream->path, counts.dropped - before.dropped);
	if (counts.rejected && !ended)
		ended = tsem_error_set(&error, EBADMSG, "%s will never take %llu of the events: they are lost",
				       stream->path, counts.rejected);
	print_carried(stream, &counts);
	if (r < 0 && r != -ECANCELED)
		return r;
	if (ended)
		*stream->error = error;
	return ended ? ended : r == -ECANCELED ? 0 : r;
}

/* ---- both ---- */

int stream_record(void *context, const struct tsem_record *record)
{
	struct stream *stream = context;
	int r = 0;

	if (stream->failed) /* the error is already printed */
		return -EIO;
	if (!stream->many && sink_identity_follow(&stream->format.identity)) /* many: of another time */
		r = stream_owe_identity(stream);
	if (r)
		return r;
	if (stream->carrier)
		return carry(stream, record);
	sink_format_record(&stream->format, record, &stream->lines);
	tsem_buffer_add(&stream->lines, "\n", 1);
	if (stream->at_once || stream->lines.size >= FLUSH_SIZE)
		return stream_flush(stream);
	stream->waiting++;
	return 0;
}

int stream_last(struct stream *stream, int r)
{
	int flushed;

	if (stream->carrier)
		return r;
	if (r < 0)
		stream->error = NULL; /* the first one is told */
	stream->at_once = true;
	flushed = stream_flush(stream);
	return r < 0 ? r : flushed ? flushed : r;
}

int stream_close(struct stream *stream, int r)
{
	int flushed, closed;

	if (stream->carrier) {
		r = close_carrier(stream, r);
	} else {
		flushed = r < 0 ? 0 : stream_flush(stream);
		closed = outlet_close(&stream->outlet);
		if (closed && !flushed && r >= 0)
			flushed = tsem_error_set(stream->error, -closed, "cannot write events to %s: %s", stream->path,
						 strerror(-closed));
		r = flushed ? flushed : r;
	}
	tsem_buffer_deinit(&stream->lines);
	sink_format_deinit(&stream->format);
	return r;
}

int stream_signals(struct tsem_error *error)
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

bool stream_take_signals(struct stream *stream, const struct tsem_status *status)
{
	struct signalfd_siginfo info;
	struct carrier_counts counts;
	bool ending = false;

	if (stream->options.ends)
		return stream->options.ends();
	while (stream->options.signals >= 0 && read(stream->options.signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1) {
			ending = true;
		} else if (stream->carrier) {
			carrier_counts(stream->carrier, &counts);
			print_carried(stream, &counts);
		} else if (status) {
			stream_counts(status);
		}
	}
	return ending;
}

void stream_counts(const struct tsem_status *status)
{
	fprintf(stderr, "tsem: %llu events produced, %llu delivered, %llu lost\n", status->records, status->delivered,
		status->lost);
}
