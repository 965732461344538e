/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Signals leave the kernel through one ring. Whoever holds the lock takes them into a file of whole signals, from which
 * everybody reads. When it is full it becomes the older one of two.
 */
#include "../base/replace.h"
#include "../base/ticks.h"
#include "../kernel/capture.h"
#include "detect.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNALS DETECT_RUN "/signals"
#define SIGNALS_OLDER DETECT_RUN "/signals.older"
#define TAKING DETECT_RUN "/taking"
#define WRITING DETECT_RUN "/writing"
#define SIGNALS_MAX 4096 /* in one file */
#define TAKEN_WITHIN (10 * TICKS_SECOND)
#define LOOK_MS 10

struct taking {
	struct tsem_detect *detect;
	tsem_signal_fn fn;
	void *context;
	int result; /* of writing */
};

static int drop_part(int fd)
{
	struct stat st;

	/* A signal of which only a part was written, because somebody died over it, is none. */
	if (fstat(fd, &st))
		return -errno;
	if (!(st.st_size % sizeof(struct tsem_signal)))
		return 0;
	return ftruncate(fd, st.st_size - st.st_size % sizeof(struct tsem_signal)) ? -errno : 0;
}

static int turn_over(void)
{
	struct stat st;

	if (stat(SIGNALS, &st))
		return errno == ENOENT ? 0 : -errno;
	if (st.st_size < (off_t)(SIGNALS_MAX * sizeof(struct tsem_signal)))
		return 0;
	return replace_move(SIGNALS, SIGNALS_OLDER);
}

static int append(const struct tsem_signal *signal)
{
	int r = turn_over(), fd;
	ssize_t n;

	if (r)
		return r;
	fd = open(SIGNALS, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = drop_part(fd);
	n = r ? 0 : write(fd, signal, sizeof(*signal));
	if (!r && n != (ssize_t)sizeof(*signal)) {
		r = n < 0 ? -errno : -ENOSPC;
		drop_part(fd);
	}
	close(fd);
	return r;
}

/*
 * Numbers go up in the file, whoever writes to it. The ring may have signals in another order than they were counted in.
 */
static int write_signal(struct tsem_detect *detect, struct tsem_signal *signal)
{
	int lock = runtime_lock(WRITING, LOCK_EX, NULL), r = lock < 0 ? lock : 0;
	struct tsem_detect_state *state = detect->shared;

	if (!r) {
		signal->number = state->taken + 1 + __atomic_load_n(&state->lost, __ATOMIC_SEQ_CST);
		r = append(signal);
	}
	if (r)
		__atomic_add_fetch(&state->lost, 1, __ATOMIC_SEQ_CST);
	else
		__atomic_add_fetch(&state->taken, 1, __ATOMIC_SEQ_CST);
	if (lock >= 0)
		close(lock);
	return r;
}

static int take_one(void *context, void *bytes, size_t size)
{
	struct taking *t = context;
	struct tsem_signal signal;

	if (size != sizeof(signal))
		return 0;
	memcpy(&signal, bytes, sizeof(signal)); /* the ring is only read */
	t->result = write_signal(t->detect, &signal);
	if (t->fn)
		t->fn(t->context, &signal);
	return t->result; /* 0: the next one */
}

static int begin_taking(struct tsem_detect *detect, struct tsem_error *error)
{
	int lock = runtime_lock(TAKING, LOCK_EX | LOCK_NB, NULL), r;
	struct taking *t;

	if (lock < 0)
		return lock == -EWOULDBLOCK ? lock : tsem_error_set(error, -lock, "cannot lock " TAKING);
	t = calloc(1, sizeof(*t));
	r = t ? 0 : -ENOMEM;
	if (!r) {
		t->detect = detect;
		detect->ring = capture_ring(detect->signals, take_one, t);
		r = detect->ring ? 0 : -EIO;
	}
	if (r) {
		close(lock);
		free(t);
		return tsem_error_set(error, -r, "cannot take the signals of detections: %s", strerror(-r));
	}
	detect->taking = lock;
	detect->context = t;
	return 0;
}

int tsem_detect_take(struct tsem_detect *detect, tsem_signal_fn fn, void *context, struct tsem_error *error)
{
	int r = detect->ring ? 0 : begin_taking(detect, error);

	if (r)
		return r;
	detect->context->fn = fn;
	detect->context->context = context;
	detect->context->result = 0;
	r = ring_buffer__consume(detect->ring);
	if (detect->context->result)
		r = detect->context->result;
	return r < 0 ? tsem_error_set(error, -r, "cannot write " SIGNALS ": %s", strerror(-r)) : 0;
}

void tsem_detect_let(struct tsem_detect *detect)
{
	ring_buffer__free(detect->ring);
	free(detect->context);
	if (detect->taking >= 0)
		close(detect->taking);
	detect->ring = NULL;
	detect->context = NULL;
	detect->taking = -1;
}

int tsem_detect_fd(const struct tsem_detect *detect)
{
	return detect->ring ? ring_buffer__epoll_fd(detect->ring) : -1;
}

/* *ret_fd is -1 where there is no such file. */
static int open_signals(const char *path, int *ret_fd, struct tsem_error *error)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd >= 0 || errno == ENOENT ?
		       0 :
		       tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
}

static void read_signals(int fd, tsem_u64 *after, tsem_signal_fn fn, void *context)
{
	struct tsem_signal signal;

	while (fd >= 0 && read(fd, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.number <= *after)
			continue;
		*after = signal.number;
		if (fn)
			fn(context, &signal);
	}
}

/* The newer file is opened first: if it becomes the older one in between, nothing between the two is left out. */
int tsem_detect_read(tsem_u64 *after, tsem_signal_fn fn, void *context, struct tsem_error *error)
{
	int newer, older = -1, r = open_signals(SIGNALS, &newer, error);

	if (!r)
		r = open_signals(SIGNALS_OLDER, &older, error);
	if (!r) {
		read_signals(older, after, fn, context);
		read_signals(newer, after, fn, context);
	}
	if (older >= 0)
		close(older);
	if (newer >= 0)
		close(newer);
	return r;
}

/* Through the ring it cannot come: user space only reads that. */
int detect_note_signal(struct tsem_detect *detect, struct tsem_signal *signal, struct tsem_error *error)
{
	int r;

	signal->time = ticks_now();
	__atomic_add_fetch(&detect->shared->number, 1, __ATOMIC_SEQ_CST);
	r = write_signal(detect, signal);
	return r ? tsem_error_set(error, -r, "cannot write " SIGNALS ": %s", strerror(-r)) : 0;
}

/* The file has the signals of detections that were loaded before: new signals continue their numbers. */
int detect_number_on(struct tsem_detect *detect, struct tsem_error *error)
{
	tsem_u64 last = 0;
	int r = tsem_detect_read(&last, NULL, NULL, error);

	if (!r)
		detect->shared->number = detect->shared->taken = last;
	return r;
}

static bool all_taken(const struct tsem_detect_state *state, tsem_u64 sent)
{
	return __atomic_load_n(&state->taken, __ATOMIC_SEQ_CST) + __atomic_load_n(&state->lost, __ATOMIC_SEQ_CST) >=
	       sent;
}

int tsem_detect_take_all(struct tsem_detect *detect, struct tsem_error *error)
{
	tsem_u64 sent = __atomic_load_n(&detect->shared->number, __ATOMIC_SEQ_CST), until = ticks_now() + TAKEN_WITHIN;

	for (;;) {
		int r = tsem_detect_take(detect, NULL, NULL, error);

		if (r != -EWOULDBLOCK)
			return r;
		if (all_taken(detect->shared, sent))
			return 0;
		if (ticks_now() > until)
			return tsem_error_set(
				error, ETIMEDOUT, "%s",
				"the process that takes the signals has not taken all of them within ten seconds: "
				"is it stopped? (the file " TAKING " is locked by it)");
		poll(NULL, 0, LOOK_MS);
	}
}
