/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_SIZE (256u << 10)

int stream_open(struct stream *stream, const char *path, struct tsem_error *error)
{
	*stream = (struct stream){.path = path ? path : "standard output", .fd = STDOUT_FILENO, .error = error};
	if (path)
		stream->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return stream->fd < 0 ? tsem_error_set(error, errno, "cannot write %s: %s", path, strerror(errno)) : 0;
}

/* What a regular file got of a line is taken back, so that it ends with a whole one. */
static void drop_half_line(struct stream *stream, const char *from, const char *to)
{
	const char *end = memrchr(from, '\n', to - from);
	size_t half = to - (end ? end + 1 : from);
	struct stat st;

	if (half && !fstat(stream->fd, &st) && S_ISREG(st.st_mode) && st.st_size >= (off_t)half &&
	    ftruncate(stream->fd, st.st_size - half))
		return; /* the reader will find half a line: nothing more can be done */
}

/* written bytes of the lines are in the file. */
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
	return tsem_error_set(stream->error, code, "cannot write events to %s: %s", stream->path, strerror(code));
}

int stream_flush(struct stream *stream)
{
	size_t written = 0;
	ssize_t n;

	if (stream->lines.failed)
		return fail(stream, 0, ENOMEM);
	while (written < stream->lines.size) {
		n = write(stream->fd, stream->lines.data + written, stream->lines.size - written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(stream, written, n < 0 ? errno : ENOSPC);
		written += n;
	}
	stream->waiting = stream->lines.size = 0;
	return 0;
}

int stream_record(void *context, const struct tsem_record *record)
{
	struct stream *stream = context;

	if (stream->failed) /* the error is told already */
		return -EIO;
	tsem_record_to_json(record, &stream->lines);
	tsem_buffer_add(&stream->lines, "\n", 1);
	stream->waiting++;
	return stream->lines.size < FLUSH_SIZE ? 0 : stream_flush(stream);
}

int stream_close(struct stream *stream, int r)
{
	int flushed = r < 0 ? 0 : stream_flush(stream);

	if (stream->fd > STDERR_FILENO && close(stream->fd) && !flushed && r >= 0)
		flushed = tsem_error_set(stream->error, errno, "cannot write events to %s: %s", stream->path,
					 strerror(errno));
	tsem_buffer_deinit(&stream->lines);
	return flushed ? flushed : r;
}

void stream_counts(const struct tsem_namespace *status)
{
	fprintf(stderr, "tsem: %llu events produced, %llu delivered, %llu lost\n", status->records, status->delivered,
		status->lost);
}
