/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define READER_MS 100 /* between two checks whether a FIFO has a reader */
#define FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* False when a signal asks to end. */
static bool wait_for(const struct outlet *outlet, int fd, int timeout)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLOUT}, {.fd = outlet->signals, .events = POLLIN}};

	poll(fds, 2, timeout);
	return !(fds[1].revents & POLLIN && outlet->ends(outlet->context));
}

static bool is_fifo(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISFIFO(st.st_mode);
}

/*
 * A descriptor that others also write to must not become non-blocking for them, so it is opened again. If that is
 * impossible, it is used as it is.
 */
static int open_standard(void)
{
	struct stat st;
	int fd = -1;

	if (!fstat(STDOUT_FILENO, &st) && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
		fd = open("/proc/self/fd/1", FLAGS);
	return fd < 0 ? STDOUT_FILENO : fd;
}

int outlet_open(struct outlet *outlet, const char *path)
{
	if (!path) {
		outlet->fd = open_standard();
		return 0;
	}
	while ((outlet->fd = open(path, FLAGS | O_CREAT, 0600)) < 0) {
		if (errno != ENXIO || !is_fifo(path))
			return -errno;
		if (!wait_for(outlet, -1, READER_MS))
			return -ECANCELED;
	}
	return 0;
}

int outlet_write(const struct outlet *outlet, const char *bytes, size_t size, size_t *ret_written)
{
	ssize_t n;

	for (*ret_written = 0; *ret_written < size;) {
		n = write(outlet->fd, bytes + *ret_written, size - *ret_written);
		if (n > 0)
			*ret_written += n;
		else if (!n)
			return -ENOSPC;
		else if (errno == EAGAIN && !wait_for(outlet, outlet->fd, -1))
			return -ECANCELED;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return 0;
}

int outlet_close(struct outlet *outlet)
{
	int fd = outlet->fd;

	outlet->fd = -1;
	return fd > STDERR_FILENO && close(fd) ? -errno : 0;
}
