/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lines_open(const char *path, struct lines *ret_lines, struct tsem_error *error)
{
	bool input = !strcmp(path, "-");
	/* Waits for a writer of a FIFO when reading, not when opening. */
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct lines lines = {.path = input ? "standard input" : path, .fd = fd, .signals = -1};

	if (fd < 0)
		return tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	lines.bytes = malloc(LINE_SIZE_MAX + 1);
	if (!lines.bytes) {
		lines_close(&lines);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	*ret_lines = lines;
	return 0;
}

void lines_close(struct lines *lines)
{
	free(lines->bytes);
	if (lines->fd > STDERR_FILENO)
		close(lines->fd);
}

/* Waits for data; false when a signal asks to end. "Not ready" must not look like end of file. */
static bool wait_for(struct lines *lines)
{
	struct pollfd fds[] = {{.fd = lines->fd, .events = POLLIN}, {.fd = lines->signals, .events = POLLIN}};

	do {
		fds[0].revents = fds[1].revents = 0;
		poll(fds, 2, -1);
		if (fds[1].revents & POLLIN && lines->ends(lines->context))
			lines->interrupted = true;
	} while (!lines->interrupted && !fds[0].revents);
	return !lines->interrupted;
}

/* Appends more bytes. 0: end of file. */
static ssize_t fill(struct lines *lines)
{
	ssize_t n = -1;

	memmove(lines->bytes, lines->bytes + lines->from, lines->size);
	lines->from = 0;
	while (wait_for(lines)) {
		n = read(lines->fd, lines->bytes + lines->size, LINE_SIZE_MAX + 1 - lines->size);
		if (n > 0)
			lines->size += n;
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
	}
	return 0;
}

/* The first line of the buffer, if it is complete. */
static bool take(struct lines *lines, const char **ret_text, size_t *ret_size)
{
	char *start = lines->bytes + lines->from, *end = memchr(start, '\n', lines->size);
	size_t size = end ? (size_t)(end - start) : lines->size;

	if (!end && !(lines->ended && size))
		return false;
	lines->from += size + (end != NULL);
	lines->size -= size + (end != NULL);
	*ret_text = start;
	*ret_size = size;
	return true;
}

int lines_next(struct lines *lines, const char **ret_text, size_t *ret_size, struct tsem_error *error)
{
	ssize_t n = 1;

	while (!lines->interrupted) {
		if (take(lines, ret_text, ret_size)) {
			if (!lines->skipping) {
				lines->number++;
				return 1;
			}
			lines->skipping = false; /* it was the rest of a line that was already reported */
			continue;
		}
		if (lines->ended)
			break;
		if (lines->size > LINE_SIZE_MAX) {
			lines->from = lines->size = 0;
			if (!lines->skipping) {
				lines->skipping = true;
				lines->number++;
				return -EMSGSIZE;
			}
		}
		n = fill(lines);
		if (n < 0)
			return tsem_error_set(error, errno, "cannot read %s: %s", lines->path, strerror(errno));
		lines->ended = !n;
	}
	return 0;
}

bool lines_lead_to(const struct lines *lines, const char *path, int otherwise)
{
	char plain[4096];
	struct stat in, out;

	if (fstat(lines->fd, &in) || !S_ISREG(in.st_mode))
		return false;
	if (path) {
		snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(path, "?"), path); /* as of a sink */
		if (stat(path, &out) && stat(plain, &out))
			return false;
	} else if (fstat(otherwise, &out)) {
		return false;
	}
	return in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}
