/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "printer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ROOM (256u << 10)
#define LINE_ROOM (64u << 10) /* longer lines may be split */
#define PIECE 4096
#define THREAD_STACK (128u << 10)
#define PATIENCE 1 /* seconds without progress that the end waits */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	char bytes[ROOM];
	size_t from, size; /* a ring */
	tsem_u64 left_out, told; /* lines */
	tsem_u64 written;
	bool in_hand; /* a piece is being written */
	bool begun;
} printer = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .less = PTHREAD_COND_INITIALIZER};

static size_t count_lines(const char *bytes, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += bytes[i] == '\n';
	return count;
}

static void put(const char *bytes, size_t size)
{
	size_t to = (printer.from + printer.size) % ROOM, first = size < ROOM - to ? size : ROOM - to;

	memcpy(printer.bytes + to, bytes, first);
	memcpy(printer.bytes, bytes + first, size - first);
	printer.size += size;
}

static ssize_t take_text(void *cookie, const char *bytes, size_t size)
{
	(void)cookie;
	pthread_mutex_lock(&printer.lock);
	if (size > ROOM - printer.size)
		printer.left_out += count_lines(bytes, size);
	else
		put(bytes, size);
	pthread_cond_signal(&printer.more);
	pthread_mutex_unlock(&printer.lock);
	return size;
}

/* On a terminal that CMD has set to raw mode, a newline does not return the carriage. */
static bool is_raw(void)
{
	struct termios settings;

	return !tcgetattr(STDERR_FILENO, &settings) && !(settings.c_oflag & OPOST);
}

/* Drops output that can no longer be written. */
static void write_all(const char *bytes, size_t size)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	while (size) {
		ssize_t n = write(STDERR_FILENO, bytes, size);

		if (n < 0 && errno == EAGAIN) {
			poll(&fd, 1, -1);
			continue;
		}
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			size -= n;
		}
	}
}

static void write_piece(const char *bytes, size_t size)
{
	char lines[2 * PIECE];
	size_t length = 0;

	if (!is_raw()) {
		write_all(bytes, size);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n')
			lines[length++] = '\r';
		lines[length++] = bytes[i];
	}
	write_all(lines, length);
}

/* With the lock held: the next bytes, at most PIECE, and as whole lines if there are any. */
static size_t take_piece(char *ret_piece)
{
	size_t size = printer.size < PIECE ? printer.size : PIECE;
	const char *end;

	if (printer.left_out > printer.told && !size) {
		size = snprintf(ret_piece, PIECE, "tsem: %llu lines were left out here, because nobody read them\n",
				printer.left_out - printer.told);
		printer.told = printer.left_out;
		return size;
	}
	for (size_t i = 0; i < size; i++)
		ret_piece[i] = printer.bytes[(printer.from + i) % ROOM];
	end = memrchr(ret_piece, '\n', size);
	if (end && size == PIECE)
		size = end - ret_piece + 1;
	printer.from = (printer.from + size) % ROOM;
	printer.size -= size;
	return size;
}

static void *print_all(void *context)
{
	char piece[PIECE];
	size_t size;

	(void)context;
	pthread_mutex_lock(&printer.lock);
	for (;;) {
		size = take_piece(piece);
		if (!size) {
			pthread_cond_wait(&printer.more, &printer.lock);
			continue;
		}
		printer.in_hand = true;
		pthread_mutex_unlock(&printer.lock);
		write_piece(piece, size);
		pthread_mutex_lock(&printer.lock);
		printer.in_hand = false;
		printer.written += size;
		pthread_cond_signal(&printer.less);
	}
	return NULL;
}

int printer_begin(struct tsem_error *error)
{
	FILE *file = fopencookie(NULL, "w", (cookie_io_functions_t){.write = take_text});
	pthread_attr_t attributes;
	pthread_t thread;
	int r = file ? 0 : ENOMEM;

	if (!r)
		r = pthread_attr_init(&attributes);
	if (!r) {
		pthread_attr_setstacksize(&attributes, THREAD_STACK);
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
		r = pthread_create(&thread, &attributes, print_all, NULL);
		pthread_attr_destroy(&attributes);
	}
	if (r)
		return tsem_error_set(error, r, "cannot start a thread: %s", strerror(r));
	setvbuf(file, NULL, _IOLBF, LINE_ROOM);
	stderr = file;
	printer.begun = true;
	return 0;
}

static bool is_done(void)
{
	return !printer.size && !printer.in_hand && printer.told == printer.left_out;
}

/* False when the reader has taken nothing for so long that it never will. */
static bool wait_for_progress(void)
{
	tsem_u64 before = printer.written;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE;
	while (!is_done() && printer.written == before)
		if (pthread_cond_clockwait(&printer.less, &printer.lock, CLOCK_MONOTONIC, &until))
			return false;
	return true;
}

static size_t count_waiting(void)
{
	size_t first = printer.size < ROOM - printer.from ? printer.size : ROOM - printer.from;

	return count_lines(printer.bytes + printer.from, first) + count_lines(printer.bytes, printer.size - first) +
	       printer.in_hand;
}

tsem_u64 printer_end(void)
{
	tsem_u64 count;

	if (!printer.begun)
		return 0;
	fflush(stderr);
	pthread_mutex_lock(&printer.lock);
	while (!is_done() && wait_for_progress())
		;
	count = printer.left_out + count_waiting();
	pthread_mutex_unlock(&printer.lock);
	return count;
}
