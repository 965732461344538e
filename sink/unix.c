/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unix:PATH: lines to a process that listens on a stream socket. Nobody acknowledges: a line is delivered when the
 * kernel has all of it for the reader. A line that was cut by the reader's end is sent again, whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sink.h"

#define ROOM (256u << 10)

struct unix_sink {
	struct sink sink;
	struct sockaddr_un address;
	struct tsem_buffer lines;
	size_t written; /* of lines */
	unsigned unasked; /* lines at its start that are no messages */
};

static struct unix_sink *unix_of(struct sink *sink)
{
	return (struct unix_sink *)sink;
}

static int unix_error(const struct unix_sink *unix_sink, int code, struct tsem_error *error)
{
	return tsem_error_set(error, code, "cannot send events to %s: %s", unix_sink->address.sun_path, strerror(code));
}

static int unix_open(const struct sink_url *url, const struct sink_identity *identity, struct sink **ret_sink,
		     struct tsem_error *error)
{
	struct unix_sink *self;

	(void)identity;
	if (url->host || !*url->path || strlen(url->path) >= sizeof(self->address.sun_path))
		return tsem_error_set(error, EINVAL,
				      "unix: needs the path of a socket, of at most 107 bytes: unix:PATH");
	self = calloc(1, sizeof(*self));
	if (!self)
		return tsem_error_set(error, ENOMEM, "out of memory");
	self->sink.fd.fd = -1;
	self->address.sun_family = AF_UNIX;
	snprintf(self->address.sun_path, sizeof(self->address.sun_path), "%s", url->path);
	*ret_sink = &self->sink;
	return 0;
}

static void unix_disconnect(struct sink *sink)
{
	if (sink->fd.fd >= 0)
		close(sink->fd.fd);
	sink->fd.fd = -1;
	tsem_buffer_deinit(&unix_of(sink)->lines); /* one that found no memory would be of no use ever after */
}

static int unix_connect(struct sink *sink, const struct sink_message *hello, struct tsem_error *error)
{
	struct unix_sink *self = unix_of(sink);

	sink->fd.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sink->fd.fd < 0 || connect(sink->fd.fd, (struct sockaddr *)&self->address, sizeof(self->address)))
		return unix_error(self, errno, error);
	self->lines.size = self->written = 0;
	tsem_buffer_add(&self->lines, hello->text, hello->size);
	tsem_buffer_add(&self->lines, "\n", 1);
	self->unasked = 1;
	sink->fd.events = POLLIN | POLLOUT;
	sink->ready = true;
	return 0;
}

static void count_lines(struct unix_sink *self, const char *from, const char *to)
{
	while ((from = memchr(from, '\n', to - from))) {
		from++;
		if (self->unasked)
			self->unasked--;
		else
			self->sink.acknowledged++;
	}
}

static int send_lines(struct unix_sink *self, struct tsem_error *error)
{
	if (self->lines.failed)
		return tsem_error_set(error, ENOMEM, "out of memory");
	while (self->written < self->lines.size) {
		const char *from = self->lines.data + self->written;
		ssize_t n = send(self->sink.fd.fd, from, self->lines.size - self->written, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0)
			return unix_error(self, n < 0 ? errno : EPIPE, error);
		self->written += n;
		count_lines(self, from, from + n);
	}
	if (self->written == self->lines.size)
		self->lines.size = self->written = 0;
	self->sink.fd.events = POLLIN | (self->lines.size ? POLLOUT : 0);
	return 0;
}

static int unix_put(struct sink *sink, const struct sink_message *message, struct tsem_error *error)
{
	struct unix_sink *self = unix_of(sink);
	int r;

	if (self->lines.size > ROOM) {
		r = send_lines(self, error);
		if (r)
			return r;
	}
	if (self->lines.size > ROOM)
		return -EAGAIN;
	tsem_buffer_add(&self->lines, message->text, message->size);
	tsem_buffer_add(&self->lines, "\n", 1);
	return 0;
}

static int unix_serve(struct sink *sink, short revents, bool idle, struct tsem_error *error)
{
	struct unix_sink *self = unix_of(sink);
	char ignored[256];
	ssize_t n;

	(void)idle;
	if (revents & (POLLIN | POLLHUP | POLLERR)) {
		n = recv(sink->fd.fd, ignored, sizeof(ignored), 0);
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
			return unix_error(self, n ? errno : EPIPE, error);
	}
	return send_lines(self, error);
}

static int unix_finish(struct sink *sink, struct tsem_error *error)
{
	struct unix_sink *self = unix_of(sink);
	int r = send_lines(self, error);

	return r ? r : self->lines.size ? -EAGAIN : 0;
}

static void unix_close(struct sink *sink)
{
	unix_disconnect(sink);
	free(sink);
}

const struct sink_ops sink_unix = {unix_open,	unix_connect,	 unix_put,  unix_serve,
				   unix_finish, unix_disconnect, unix_close};
