/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "datagram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_BUFFER (1 << 20) /* the longest line must fit */

static int datagram_error(const struct datagram *datagram, int code, struct tsem_error *error)
{
	return tsem_error_set(error, code, "cannot send events to %s: %s", datagram->address.sun_path, strerror(code));
}

int datagram_open(const char *scheme, const struct sink_url *url, const char *otherwise, struct sink **ret_sink,
		  struct tsem_error *error)
{
	const char *path = *url->path ? url->path : otherwise;
	struct datagram *datagram;

	if (url->host || strlen(path) >= sizeof(datagram->address.sun_path))
		return tsem_error_set(error, EINVAL, "%s: takes nothing, or the path of a socket, of at most 107 bytes",
				      scheme);
	datagram = calloc(1, sizeof(*datagram));
	if (!datagram)
		return tsem_error_set(error, ENOMEM, "out of memory");
	datagram->scheme = scheme;
	datagram->sink.fd.fd = -1;
	datagram->address.sun_family = AF_UNIX;
	snprintf(datagram->address.sun_path, sizeof(datagram->address.sun_path), "%s", path);
	*ret_sink = &datagram->sink;
	return 0;
}

int datagram_connect(struct sink *sink, const struct sink_message *hello, struct tsem_error *error)
{
	struct datagram *datagram = (struct datagram *)sink;
	int buffer = SEND_BUFFER, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)hello;
	sink->fd.fd = fd;
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	if (fd < 0 || connect(fd, (struct sockaddr *)&datagram->address, sizeof(datagram->address)))
		return datagram_error(datagram, errno, error);
	sink->fd.events = 0;
	sink->ready = true;
	return 0;
}

int datagram_send(struct datagram *datagram, const struct sink_message *message, struct tsem_error *error)
{
	ssize_t n;

	if (datagram->text.failed)
		return tsem_error_set(error, ENOMEM, "out of memory");
	do
		n = send(datagram->sink.fd.fd, datagram->text.data, datagram->text.size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	datagram->sink.fd.events = 0;
	if (n >= 0 || errno == EMSGSIZE) { /* a message that is too long for a datagram will never fit */
		datagram->sink.acknowledged++;
		datagram->sink.rejected += n < 0 && message->kind == SINK_EVENT;
		return 0;
	}
	if (errno != EAGAIN && errno != ENOBUFS)
		return datagram_error(datagram, errno, error);
	datagram->sink.fd.events = POLLOUT;
	return -EAGAIN;
}

int datagram_serve(struct sink *sink, short revents, bool idle, struct tsem_error *error)
{
	(void)idle;
	return revents & (POLLERR | POLLHUP) ? datagram_error((struct datagram *)sink, ECONNRESET, error) : 0;
}

int datagram_finish(struct sink *sink, struct tsem_error *error)
{
	(void)sink;
	(void)error;
	return 0;
}

void datagram_disconnect(struct sink *sink)
{
	if (sink->fd.fd >= 0)
		close(sink->fd.fd);
	sink->fd.fd = -1;
	tsem_buffer_deinit(
		&((struct datagram *)sink)->text); /* one that found no memory would be of no use ever after */
}

void datagram_close(struct sink *sink)
{
	datagram_disconnect(sink);
	free(sink);
}
