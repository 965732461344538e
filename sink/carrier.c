/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "carrier.h"
#include "../lib/base/ticks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_SIZE (16ull << 20)
#define SAVE_EVERY TICKS_SECOND
#define RETRY_MIN (TICKS_SECOND / 4)
#define RETRY_MAX (5 * TICKS_SECOND)
#define FINISH_WITHIN (5 * TICKS_SECOND)
#define BURST 256 /* messages between two checks of the other side */

struct carrier {
	struct sink_url url;
	const struct sink_row *row;
	struct sink *sink;
	struct tsem_buffer hello; /* begins each connection, by sink_entry_keep(): holds for its first event */
	void (*say)(const char *text);
	bool drop, durable; /* durable: the spool is on disk */
	pthread_t thread;
	int wake; /* eventfd: something to do for the thread */

	pthread_mutex_t lock; /* of all down to the thread's own */
	pthread_cond_t room, progress;
	struct spool *spool;
	struct carrier_counts counts;
	bool stopping, idle; /* idle: the thread waits for a wake */
	int process; /* of the sink */
	int (*guard)(void *context, int pid, struct tsem_error *error);
	void *guardian; /* its context */
	bool failed, refused; /* refused: at the last try, and before anything was delivered */
	struct tsem_error error; /* why */

	/* The thread's own. */
	tsem_u64 acknowledged; /* the part of sink->acknowledged that is already counted */
	tsem_u64 saved, retry, delay;
	bool connecting, reached, away; /* reached: at least once; away: and it was said */
	bool unsaved; /* at the last try, and it was said */
};

static void say(const struct carrier *carrier, const char *format, const char *text)
{
	struct tsem_buffer line = {};

	if (!carrier->say)
		return;
	tsem_buffer_printf(&line, format, carrier->row->scheme, text);
	carrier->say(line.data ? line.data : "");
	tsem_buffer_deinit(&line);
}

/* ---- the thread ---- */

static void fail(struct carrier *carrier, const struct tsem_error *error)
{
	pthread_mutex_lock(&carrier->lock);
	carrier->failed = true;
	carrier->error = *error;
	pthread_cond_broadcast(&carrier->room);
	pthread_cond_broadcast(&carrier->progress);
	pthread_mutex_unlock(&carrier->lock);
}

/* A refusal before anything was delivered is a mistake of the user's: it does not pass. Nor does a full disk. */
static void lose_connection(struct carrier *carrier, int r, const struct tsem_error *error)
{
	carrier->row->ops->disconnect(carrier->sink);
	carrier->connecting = false;
	carrier->sink->ready = false;
	pthread_mutex_lock(&carrier->lock);
	carrier->process = 0;
	spool_rewind(carrier->spool);
	pthread_mutex_unlock(&carrier->lock);
	if (!carrier->durable && ((r == -EACCES && !carrier->reached) || carrier->row->local)) {
		fail(carrier, error);
		return;
	}
	/* With a spool, events are kept for a time when this is corrected, but the end does not wait for it. */
	pthread_mutex_lock(&carrier->lock);
	carrier->refused = r == -EACCES && !carrier->reached;
	if (carrier->refused)
		carrier->error = *error;
	pthread_cond_broadcast(&carrier->progress);
	pthread_mutex_unlock(&carrier->lock);
	if (!carrier->away)
		say(carrier, "%s: %s; trying again", error->text);
	carrier->away = true;
	carrier->delay = carrier->delay ? carrier->delay * 2 : RETRY_MIN;
	if (carrier->delay > RETRY_MAX)
		carrier->delay = RETRY_MAX;
	carrier->retry = ticks_now() + carrier->delay;
}

/* Locked. One that is gone already needs no guard. */
static void guard(struct carrier *carrier)
{
	struct tsem_error error = {};

	if (carrier->guard && carrier->process && carrier->guard(carrier->guardian, carrier->process, &error) &&
	    error.code != ESRCH)
		say(carrier, "%s: %s", error.text);
}

static void connect_sink(struct carrier *carrier)
{
	struct tsem_error error = {};
	struct sink_message hello;
	size_t room;
	int r;

	carrier->acknowledged = carrier->sink->acknowledged = carrier->sink->rejected = 0;
	if (carrier->hello.failed ||
	    sink_entry_unpack(carrier->hello.data, carrier->hello.size, false, &hello, &room)) {
		tsem_error_set(&error, ENOMEM, "out of memory");
		fail(carrier, &error);
		return;
	}
	r = carrier->row->ops->connect(carrier->sink, &hello, &error);
	if (r) {
		lose_connection(carrier, r, &error);
		return;
	}
	carrier->connecting = true;
	pthread_mutex_lock(&carrier->lock);
	carrier->process = carrier->sink->process;
	guard(carrier);
	pthread_mutex_unlock(&carrier->lock);
}

static void note_ready(struct carrier *carrier)
{
	if (!carrier->sink->ready || !carrier->connecting)
		return;
	carrier->connecting = false;
	carrier->reached = true;
	pthread_mutex_lock(&carrier->lock);
	carrier->refused = false;
	pthread_mutex_unlock(&carrier->lock);
	if (carrier->away)
		say(carrier, "%s: %s", "reached again");
	carrier->away = false;
}

static void count_acknowledged(struct carrier *carrier)
{
	tsem_u64 fresh = carrier->sink->acknowledged - carrier->acknowledged, rejected, events;

	if (!fresh)
		return;
	carrier->delay = 0; /* not as soon as it is reached: a full disk, or who closes at once, is reached each time */
	carrier->acknowledged += fresh;
	pthread_mutex_lock(&carrier->lock);
	events = spool_acknowledge(carrier->spool, fresh, &carrier->hello);
	rejected = carrier->sink->rejected < events ? carrier->sink->rejected : events; /* fewer: the spool was cut */
	carrier->sink->rejected = 0;
	carrier->counts.delivered += events - rejected;
	carrier->counts.dropped += rejected;
	carrier->counts.rejected += rejected;
	carrier->counts.waiting -= events;
	pthread_cond_broadcast(&carrier->room);
	pthread_cond_broadcast(&carrier->progress);
	pthread_mutex_unlock(&carrier->lock);
}

/* Passes waiting messages to the sink, as many as it takes. *ret_idle: none was left. */
static int put_some(struct carrier *carrier, bool *ret_idle, struct tsem_error *error)
{
	struct sink_message messages[BURST];
	unsigned count, put = 0;
	int r = 0;

	pthread_mutex_lock(&carrier->lock);
	count = spool_next(carrier->spool, messages, BURST);
	pthread_mutex_unlock(&carrier->lock);
	while (put < count && !(r = carrier->row->ops->put(carrier->sink, &messages[put], error)))
		put++;
	pthread_mutex_lock(&carrier->lock);
	spool_sent(carrier->spool, put);
	pthread_mutex_unlock(&carrier->lock);
	*ret_idle = put == count && count < BURST;
	return r;
}

static void save(struct carrier *carrier, bool always)
{
	struct spool_saving saving;
	struct tsem_error error = {};
	tsem_u64 moment;
	int r;

	if (!carrier->durable)
		return;
	moment = ticks_now();
	if (!always && moment - carrier->saved < SAVE_EVERY)
		return;
	carrier->saved = moment;
	pthread_mutex_lock(&carrier->lock);
	spool_save_begin(carrier->spool, &saving);
	pthread_mutex_unlock(&carrier->lock);
	r = spool_save(&saving, &error);
	pthread_mutex_lock(&carrier->lock);
	if (spool_save_end(carrier->spool, &saving, !r))
		pthread_cond_broadcast(&carrier->room);
	pthread_mutex_unlock(&carrier->lock);
	if (r && !carrier->unsaved)
		say(carrier, "%s: %s", error.text);
	carrier->unsaved = r;
}

/* Sleeps until the sink or a new message needs work. */
static short wait_for_work(struct carrier *carrier, bool busy)
{
	struct pollfd fds[] = {{.fd = carrier->wake, .events = POLLIN}, carrier->sink->fd};
	tsem_u64 count, moment = ticks_now();
	int timeout = 500;

	if (!carrier->sink->ready && !carrier->connecting) {
		fds[1].fd = -1;
		timeout = carrier->retry > moment ? (carrier->retry - moment) / 1000000 + 1 : 0;
	}
	if (busy)
		timeout = 0;
	fds[1].revents = 0;
	if (poll(fds, 2, timeout) <= 0)
		return 0;
	if (fds[0].revents && read(carrier->wake, &count, sizeof(count)) < 0)
		return 0; /* cannot fail: no other thread reads it */
	return fds[1].revents;
}

/* True when the thread may sleep: decided under the lock, so that no message is missed in between. */
static bool may_sleep(struct carrier *carrier)
{
	struct sink_message message;
	bool sleep;

	pthread_mutex_lock(&carrier->lock);
	sleep = !carrier->stopping && (!carrier->sink->ready || !spool_next(carrier->spool, &message, 1));
	carrier->idle = sleep && carrier->sink->ready;
	pthread_mutex_unlock(&carrier->lock);
	return sleep;
}

static bool must_stop(struct carrier *carrier)
{
	bool stop;

	pthread_mutex_lock(&carrier->lock);
	stop = carrier->stopping || carrier->failed;
	pthread_mutex_unlock(&carrier->lock);
	return stop;
}

static void check_spool(struct carrier *carrier)
{
	struct tsem_error error = {};

	if (spool_sound(carrier->spool, &error))
		fail(carrier, &error);
}

static void serve(struct carrier *carrier, short revents, bool *full, bool *idle)
{
	struct tsem_error error = {};
	int r = carrier->row->ops->serve(carrier->sink, revents, *idle, &error);

	*full = false;
	note_ready(carrier);
	if (!r && carrier->sink->ready) {
		r = put_some(carrier, idle, &error);
		*full = r == -EAGAIN;
		if (*full || (!r && *idle))
			r = carrier->row->ops->serve(carrier->sink, 0, *idle, &error);
	}
	count_acknowledged(carrier);
	if (r && r != -EAGAIN)
		lose_connection(carrier, r, &error);
}

static void end_well(struct carrier *carrier)
{
	tsem_u64 until = ticks_now() + FINISH_WITHIN;
	struct tsem_error error = {};
	int r = -EAGAIN;

	while (carrier->sink->ready && r == -EAGAIN && ticks_now() < until) {
		struct pollfd fd = carrier->sink->fd;

		fd.revents = 0;
		poll(&fd, 1, 50);
		r = carrier->row->ops->serve(carrier->sink, fd.revents, true, &error);
		if (!r)
			r = carrier->row->ops->finish(carrier->sink, &error);
		count_acknowledged(carrier);
	}
	/* Nobody else says that what was written has not reached the disk. What was not written is counted. */
	if (r && r != -EAGAIN && carrier->row->local && !carrier->durable)
		fail(carrier, &error);
	if (carrier->sink->ready || carrier->connecting)
		carrier->row->ops->disconnect(carrier->sink);
}

static void *carry(void *context)
{
	struct carrier *carrier = context;
	bool full = false, idle = true;

	while (!must_stop(carrier)) {
		short revents;

		if (!carrier->sink->ready && !carrier->connecting && ticks_now() >= carrier->retry)
			connect_sink(carrier);
		revents = wait_for_work(carrier, !(full || may_sleep(carrier)));
		if (carrier->sink->ready || carrier->connecting)
			serve(carrier, revents, &full, &idle);
		save(carrier, false);
		check_spool(carrier);
	}
	end_well(carrier);
	save(carrier, true);
	check_spool(carrier);
	return NULL;
}

/* ---- the caller's side ---- */

int carrier_check(const char *text, struct tsem_error *error)
{
	struct sink_identity identity = {.host = "host", .name = "name"};
	const struct sink_row *row;
	struct sink *sink;
	struct sink_url url;
	int r = sink_url_parse(text, &url, error);

	if (r)
		return r;
	row = sink_row_of(&url, error);
	r = row ? row->ops->open(&url, &identity, &sink, error) : -EINVAL;
	if (!r)
		row->ops->close(sink);
	sink_url_deinit(&url);
	return r;
}

static void carrier_free(struct carrier *carrier)
{
	if (carrier->sink)
		carrier->row->ops->close(carrier->sink);
	if (carrier->spool)
		spool_close(carrier->spool);
	if (carrier->wake >= 0)
		close(carrier->wake);
	sink_url_deinit(&carrier->url);
	tsem_buffer_deinit(&carrier->hello);
	pthread_mutex_destroy(&carrier->lock);
	pthread_cond_destroy(&carrier->room);
	pthread_cond_destroy(&carrier->progress);
	free(carrier);
}

static int make_hello(struct carrier *carrier, const struct carrier_options *options, struct tsem_error *error)
{
	const struct sink_identity *identity = &options->identity;
	struct sink_message hello = {.kind = SINK_STREAM,
				     .host = identity->host,
				     .boot = identity->boot,
				     .name = identity->name};
	struct tsem_buffer text = {};

	sink_identity_line(identity, options->format, &text);
	hello.text = text.data;
	hello.size = text.size;
	if (!text.failed)
		sink_entry_keep(&hello, &carrier->hello);
	tsem_buffer_deinit(&text);
	return carrier->hello.size ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

static int open_parts(struct carrier *carrier, const struct carrier_options *options, struct spool_found *found,
		      struct tsem_error *error)
{
	int r = sink_url_parse(options->url, &carrier->url, error);

	if (r)
		return r;
	carrier->row = sink_row_of(&carrier->url, error);
	if (!carrier->row)
		return -EINVAL;
	r = make_hello(carrier, options, error);
	if (r)
		return r;
	carrier->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (carrier->wake < 0)
		return tsem_error_set(error, errno, "cannot make an event descriptor: %s", strerror(errno));
	r = carrier->row->ops->open(&carrier->url, &options->identity, &carrier->sink, error);
	if (!r)
		r = spool_open(options->spool, options->spool ? options->spool_size : MEMORY_SIZE, &carrier->spool,
			       found, error);
	if (!r)
		carrier->counts.found = carrier->counts.waiting = found->events;
	return r;
}

static void init_locks(struct carrier *carrier)
{
	pthread_mutex_init(&carrier->lock, NULL);
	pthread_cond_init(&carrier->room, NULL);
	pthread_cond_init(&carrier->progress, NULL);
}

int carrier_create(const struct carrier_options *options, struct carrier **ret_carrier, struct spool_found *ret_found,
		   struct tsem_error *error)
{
	struct carrier *carrier = calloc(1, sizeof(*carrier));
	int r;

	if (!carrier)
		return tsem_error_set(error, ENOMEM, "out of memory");
	carrier->wake = -1;
	carrier->say = options->say;
	carrier->drop = options->drop && options->spool;
	carrier->durable = options->spool != NULL;
	init_locks(carrier);
	r = open_parts(carrier, options, ret_found, error);
	if (!r) {
		r = pthread_create(&carrier->thread, NULL, carry, carrier);
		if (r)
			r = tsem_error_set(error, r, "cannot start a thread: %s", strerror(r));
	}
	if (r) {
		carrier_free(carrier);
		return r;
	}
	*ret_carrier = carrier;
	return 0;
}

static void wait_on(struct carrier *carrier, pthread_cond_t *condition, unsigned wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000l;
	if (until.tv_nsec >= (long)TICKS_SECOND) {
		until.tv_nsec -= TICKS_SECOND;
		until.tv_sec++;
	}
	pthread_cond_clockwait(condition, &carrier->lock, CLOCK_MONOTONIC, &until);
}

static void wake(struct carrier *carrier)
{
	tsem_u64 one = 1;

	if (write(carrier->wake, &one, sizeof(one)) < 0)
		return; /* it is awake already */
}

/* Locked. */
static int append(struct carrier *carrier, const struct sink_message *message, unsigned wait_ms)
{
	int r = carrier->failed ? -carrier->error.code : spool_append(carrier->spool, message);

	if (r == -ENOSPC && !carrier->failed && !carrier->drop && wait_ms) {
		wait_on(carrier, &carrier->room, wait_ms);
		r = carrier->failed ? -carrier->error.code : spool_append(carrier->spool, message);
	}
	if (r == -ENOSPC && !carrier->failed && !carrier->drop)
		return -EAGAIN;
	if (r && !carrier->failed && message->kind == SINK_STREAM)
		return 1;
	if (message->kind == SINK_EVENT) {
		carrier->counts.taken++;
		carrier->counts.waiting += !r;
		carrier->counts.dropped += r != 0;
	}
	return carrier->failed ? r : 0;
}

int carrier_take(struct carrier *carrier, const struct sink_message *message, unsigned wait_ms,
		 struct tsem_error *error)
{
	bool idle;
	int r;

	pthread_mutex_lock(&carrier->lock);
	r = append(carrier, message, wait_ms);
	if (r && r != -EAGAIN && error)
		*error = carrier->error;
	idle = carrier->idle;
	carrier->idle = false;
	pthread_mutex_unlock(&carrier->lock);
	if (idle)
		wake(carrier);
	return r;
}

void carrier_drop(struct carrier *carrier)
{
	pthread_mutex_lock(&carrier->lock);
	carrier->counts.taken++;
	carrier->counts.dropped++;
	pthread_mutex_unlock(&carrier->lock);
}

void carrier_guard(struct carrier *carrier, int (*fn)(void *context, int pid, struct tsem_error *error), void *context)
{
	pthread_mutex_lock(&carrier->lock);
	carrier->guard = fn;
	carrier->guardian = context;
	guard(carrier);
	pthread_mutex_unlock(&carrier->lock);
}

void carrier_counts(struct carrier *carrier, struct carrier_counts *ret_counts)
{
	pthread_mutex_lock(&carrier->lock);
	*ret_counts = carrier->counts;
	pthread_mutex_unlock(&carrier->lock);
}

bool carrier_settled(struct carrier *carrier, unsigned wait_ms)
{
	bool settled;

	pthread_mutex_lock(&carrier->lock);
	settled = carrier->failed || carrier->refused || spool_settled(carrier->spool);
	if (!settled) {
		wait_on(carrier, &carrier->progress, wait_ms);
		settled = carrier->failed || carrier->refused || spool_settled(carrier->spool);
	}
	pthread_mutex_unlock(&carrier->lock);
	return settled;
}

int carrier_destroy(struct carrier *carrier, struct carrier_counts *ret_counts, struct tsem_error *error)
{
	int r = 0;

	pthread_mutex_lock(&carrier->lock);
	carrier->stopping = true;
	pthread_mutex_unlock(&carrier->lock);
	wake(carrier);
	pthread_join(carrier->thread, NULL);
	if (!carrier->durable) {
		carrier->counts.dropped += carrier->counts.waiting;
		carrier->counts.waiting = 0;
	}
	*ret_counts = carrier->counts;
	if (carrier->failed || carrier->refused) {
		r = -carrier->error.code;
		if (error)
			*error = carrier->error;
	}
	carrier_free(carrier);
	return r;
}
