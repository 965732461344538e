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

int stream_flush(struct stream *stream)
{
	const char *at = stream->lines.data, *end = at + stream->lines.size;
	ssize_t n;

	if (stream->lines.failed)
		return tsem_error_set(stream->error, ENOMEM, "out of memory");
	while (at < end) {
		n = write(stream->fd, at, end - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int code = n < 0 ? errno : ENOSPC;

			drop_half_line(stream, stream->lines.data, at);
			stream->lines.size = 0;
			return tsem_error_set(stream->error, code, "cannot write events to %s: %s", stream->path,
					      strerror(code));
		}
		at += n;
	}
	stream->lines.size = 0;
	return 0;
}

int stream_record(void *context, const struct tsem_record *record)
{
	struct stream *stream = context;

	tsem_record_to_json(record, &stream->lines);
	tsem_buffer_add(&stream->lines, "\n", 1);
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
