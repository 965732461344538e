/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * file:PATH?size=64M&keep=8: appends lines to PATH. Before PATH grows above size, it becomes PATH.1, PATH.1 becomes
 * PATH.2, and so on; the file beyond keep is deleted. No line spans two files. It writes when no message waits or
 * FLUSH_SIZE is full, and calls fsync before a rotation and at the end, so a system crash can take lines from the
 * newest file only.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/base/owned.h"
#include "../lib/base/replace.h"
#include "sink.h"

#define FLUSH_SIZE (256u << 10)

struct file_sink {
	struct sink sink;
	char *path;
	tsem_u64 limit, keep; /* limit 0: one file */
	int out; /* -1: not open */
	tsem_u64 size; /* of the file, without waiting lines */
	struct tsem_buffer lines, hello; /* hello: the first line of the next file */
	size_t head; /* bytes of the first line of this one */
	size_t done; /* written bytes of lines, for a target other than a file, whose reader may be slow */
	tsem_u64 waiting; /* messages in lines */
	bool greets; /* the first of lines is no message */
};

static struct file_sink *file_of(struct sink *sink)
{
	return (struct file_sink *)sink;
}

static int file_error(const struct file_sink *file, int code, struct tsem_error *error)
{
	return tsem_error_set(error, code, "cannot write events to %s: %s", file->path, strerror(code));
}

static void file_disconnect(struct sink *sink)
{
	struct file_sink *file = file_of(sink);

	if (file->out >= 0)
		close(file->out);
	file->out = sink->fd.fd = -1;
	tsem_buffer_deinit(&file->lines); /* one that found no memory would be of no use ever after */
	tsem_buffer_deinit(&file->hello);
}

static void file_close(struct sink *sink)
{
	struct file_sink *file = file_of(sink);

	file_disconnect(sink);
	free(file->path);
	free(file);
}

static int file_open(const struct sink_url *url, const struct sink_identity *identity, struct sink **ret_sink,
		     struct tsem_error *error)
{
	struct file_sink *file;
	int r;

	(void)identity;
	if (url->host || !*url->path)
		return tsem_error_set(error, EINVAL, "file: needs a path: file:PATH");
	file = calloc(1, sizeof(*file));
	if (!file)
		return tsem_error_set(error, ENOMEM, "out of memory");
	file->sink.fd.fd = file->out = -1;
	file->keep = 8;
	file->path = strdup(url->path);
	r = file->path ? sink_url_number(url, "size", true, 1ull << 50, &file->limit, error) :
			 tsem_error_set(error, ENOMEM, "out of memory");
	if (!r)
		r = sink_url_number(url, "keep", false, 10000, &file->keep, error);
	if (r) {
		file_close(&file->sink);
		return r;
	}
	*ret_sink = &file->sink;
	return 0;
}

/* Renames the file that a link points to. Only a file can be full. */
static void find_rotated(struct file_sink *file, const struct stat *st, bool linked)
{
	char *real = linked ? realpath(file->path, NULL) : NULL;

	if (!S_ISREG(st->st_mode))
		file->limit = 0;
	if (real) {
		free(file->path);
		file->path = real;
	}
}

/* A file that may not be read may end in a partial line: an empty line harms nobody. */
static bool ends_line(const struct file_sink *file)
{
	char last;

	return !file->size || (pread(file->out, &last, 1, file->size - 1) == 1 && last == '\n');
}

/*
 * Another user's link would choose which of root's files is written, and with what: names of files are in it. Returns a
 * descriptor or -errno; *ret_linked: there are links in the path, and they are root's.
 */
static int open_unmoved(const char *path, int flags, bool *ret_linked, struct tsem_error *error)
{
	struct open_how how = {.flags = flags | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			       .mode = flags & O_CREAT ? 0600 : 0,
			       .resolve = RESOLVE_NO_SYMLINKS};
	bool own = geteuid() || !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
	int fd = own ? -1 : syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	*ret_linked = fd < 0;
	if (fd >= 0)
		return fd;
	if (!own && errno != ELOOP && errno != ENOSYS)
		return -errno;
	if (!own && owned_path(path, error))
		return -EPERM;
	fd = open(path, how.flags, 0600);
	return fd < 0 ? -errno : fd;
}

/* Ends a partial line of an earlier crash, so that ours begins a line. */
static int open_path(struct file_sink *file, struct tsem_error *error)
{
	struct tsem_error why = {};
	struct stat st;
	bool linked;

	file->out = open_unmoved(file->path, O_RDWR | O_CREAT, &linked, &why);
	if (file->out == -EACCES)
		file->out = open_unmoved(file->path, O_WRONLY, &linked, &why);
	if (file->out < 0)
		return why.text[0] ?
			       tsem_error_set(error, EPERM, "no events are written to %s: %s", file->path, why.text) :
			       file_error(file, -file->out, error);
	if (fstat(file->out, &st))
		return file_error(file, errno, error);
	if (file->limit)
		find_rotated(file, &st, linked);
	file->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	if (!ends_line(file))
		file->size += write(file->out, "\n", 1) == 1;
	tsem_buffer_add(&file->lines, file->hello.data, file->hello.size);
	file->lines.failed |= file->hello.failed;
	file->head = file->hello.size;
	file->greets = true;
	return 0;
}

static void keep_hello(struct file_sink *file, const struct sink_message *hello)
{
	file->hello.size = 0;
	tsem_buffer_add(&file->hello, hello->text, hello->size);
	tsem_buffer_add(&file->hello, "\n", 1);
}

static int file_connect(struct sink *sink, const struct sink_message *hello, struct tsem_error *error)
{
	struct file_sink *file = file_of(sink);
	int r;

	file->lines.size = file->done = file->waiting = 0;
	keep_hello(file, hello);
	r = open_path(file, error);
	sink->ready = !r;
	return r;
}

/* Truncates a partial line of a regular file. Acknowledges the messages whose lines are complete. */
static void keep_whole_lines(struct file_sink *file, size_t written)
{
	const char *start = file->lines.data, *end = written ? memrchr(start, '\n', written) : NULL;
	size_t whole = end ? end + 1 - start : 0, lines = 0;
	struct stat st;

	if (written > whole && !fstat(file->out, &st) && S_ISREG(st.st_mode) &&
	    st.st_size >= (off_t)(written - whole) && ftruncate(file->out, st.st_size - (written - whole)))
		return; /* the next open ends the half line */
	for (const char *at = start; at < start + whole; at = (const char *)memchr(at, '\n', start + whole - at) + 1)
		lines++;
	file->sink.acknowledged += lines - (lines && file->greets);
}

/* -EAGAIN: the reader takes no more now; the carrier waits as long as it may. */
static int flush(struct file_sink *file, struct tsem_error *error)
{
	ssize_t n;
	int code;

	if (file->lines.failed)
		return tsem_error_set(error, ENOMEM, "out of memory");
	while (file->done < file->lines.size) {
		n = write(file->out, file->lines.data + file->done, file->lines.size - file->done);
		if (n > 0) {
			file->done += n;
		} else if (n < 0 && errno == EAGAIN) {
			file->sink.fd = (struct pollfd){.fd = file->out, .events = POLLOUT};
			return -EAGAIN;
		} else if (!n || errno != EINTR) {
			code = n < 0 ? errno : ENOSPC;
			keep_whole_lines(file, file->done);
			return file_error(file, code, error);
		}
	}
	file->sink.fd.fd = -1;
	file->size += file->lines.size;
	file->sink.acknowledged += file->waiting;
	file->lines.size = file->done = file->waiting = 0;
	file->greets = false;
	return 0;
}

static void numbered(const struct file_sink *file, tsem_u64 number, char path[4096])
{
	snprintf(path, 4096, number ? "%s.%llu" : "%s", file->path, number);
}

/* PATH.keep is overwritten, and so deleted, by the one before it. */
static int rotate(struct file_sink *file, struct tsem_error *error)
{
	char from[4096], to[4096];
	int r = fsync(file->out) && errno != EINVAL && errno != EROFS ? errno : 0;

	if (close(file->out) && !r)
		r = errno;
	file->out = -1;
	for (tsem_u64 number = file->keep; number > 0 && !r; number--) {
		numbered(file, number - 1, from);
		numbered(file, number, to);
		r = -replace_move(from, to);
		r = r == ENOENT ? 0 : r;
	}
	return r ? file_error(file, r, error) : open_path(file, error);
}

static int file_put(struct sink *sink, const struct sink_message *message, struct tsem_error *error)
{
	struct file_sink *file = file_of(sink);
	tsem_u64 then = file->size + file->lines.size + message->size + 1;
	int r = 0;

	if (file->lines.size - file->done >= FLUSH_SIZE)
		r = flush(file, error);
	if (r)
		return r;
	/* A file that has nothing but its first line takes a line of any size. */
	if (file->limit && then > file->limit && file->size + file->lines.size > file->head) {
		r = flush(file, error);
		if (!r)
			r = rotate(file, error);
	}
	if (r)
		return r;
	if (message->kind == SINK_STREAM)
		keep_hello(file, message);
	tsem_buffer_add(&file->lines, message->text, message->size);
	tsem_buffer_add(&file->lines, "\n", 1);
	file->waiting++;
	r = file->lines.size < FLUSH_SIZE ? 0 : flush(file, error);
	return r == -EAGAIN ? 0 : r; /* it is taken, in any case */
}

static int file_serve(struct sink *sink, short revents, bool idle, struct tsem_error *error)
{
	int r = idle || revents ? flush(file_of(sink), error) : 0;

	return r == -EAGAIN ? 0 : r;
}

static int file_finish(struct sink *sink, struct tsem_error *error)
{
	struct file_sink *file = file_of(sink);
	int r = flush(file, error);

	if (!r && fsync(file->out) && errno != EINVAL && errno != EROFS)
		r = file_error(file, errno, error);
	return r;
}

const struct sink_ops sink_file = {file_open,	file_connect,	 file_put,  file_serve,
				   file_finish, file_disconnect, file_close};
