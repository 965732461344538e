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
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNALS DETECT_RUN "/signals"
#define SIGNALS_OLDER DETECT_RUN "/signals.older"
#define TAKING DETECT_RUN "/taking"
#define SIGNALS_MAX 4096 /* in one file */

struct taking {
	int file;
	tsem_signal_fn fn;
	void *context;
	int result; /* of writing */
};

static int open_file(struct taking *t)
{
	struct stat st;

	if (t->file >= 0)
		close(t->file);
	t->file = open(SIGNALS, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (t->file < 0)
		return -errno;
	/* A signal of which only a part was written, because somebody died over it, is none. */
	if (!fstat(t->file, &st) && st.st_size % sizeof(struct tsem_signal) &&
	    ftruncate(t->file, st.st_size - st.st_size % sizeof(struct tsem_signal)))
		return -errno;
	return 0;
}

static int turn_over(struct taking *t)
{
	struct stat st;
	int r;

	if (fstat(t->file, &st))
		return -errno;
	if (st.st_size < (off_t)(SIGNALS_MAX * sizeof(struct tsem_signal)))
		return 0;
	r = replace_move(SIGNALS, SIGNALS_OLDER);
	return r ? r : open_file(t);
}

static int write_signal(struct taking *t, const struct tsem_signal *signal)
{
	int r = turn_over(t);
	ssize_t n;

	if (r)
		return r;
	n = write(t->file, signal, sizeof(*signal));
	if (n == (ssize_t)sizeof(*signal))
		return 0;
	r = n < 0 ? -errno : -ENOSPC;
	open_file(t); /* without the part */
	return r;
}

static int take_one(void *context, void *bytes, size_t size)
{
	struct taking *t = context;

	if (size != sizeof(struct tsem_signal))
		return 0;
	t->result = write_signal(t, bytes);
	if (t->fn)
		t->fn(t->context, bytes);
	return t->result; /* 0: the next one */
}

static int begin_taking(struct tsem_detect *detect, struct tsem_error *error)
{
	int lock = runtime_lock(TAKING, LOCK_EX | LOCK_NB, NULL), r;
	struct taking *t;

	if (lock < 0)
		return lock == -EWOULDBLOCK ? lock : tsem_error_set(error, -lock, "cannot lock " TAKING);
	t = calloc(1, sizeof(*t));
	if (t)
		t->file = -1;
	r = t ? open_file(t) : -ENOMEM;
	if (!r) {
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
	if (detect->context && detect->context->file >= 0)
		close(detect->context->file);
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

static int read_file(const char *path, tsem_u64 *after, tsem_signal_fn fn, void *context, struct tsem_error *error)
{
	struct tsem_signal signal;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
	while (read(fd, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.number <= *after)
			continue;
		*after = signal.number;
		fn(context, &signal);
	}
	close(fd);
	return 0;
}

int tsem_detect_read(tsem_u64 *after, tsem_signal_fn fn, void *context, struct tsem_error *error)
{
	int r = read_file(SIGNALS_OLDER, after, fn, context, error);

	return r ? r : read_file(SIGNALS, after, fn, context, error);
}

/* Through the ring it cannot come: user space only reads that. */
int detect_note_signal(struct tsem_detect *detect, struct tsem_signal *signal, struct tsem_error *error)
{
	struct taking t = {.file = -1};
	int r = open_file(&t);

	signal->number = __atomic_add_fetch(&detect->shared->number, 1, __ATOMIC_SEQ_CST);
	signal->time = ticks_now();
	if (!r)
		r = write_signal(&t, signal);
	if (t.file >= 0)
		close(t.file);
	return r ? tsem_error_set(error, -r, "cannot write " SIGNALS ": %s", strerror(-r)) : 0;
}
