/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "wire.h"
#include "../lib/base/buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE (256u << 10)

void wire_init(struct wire *wire, int fd)
{
	*wire = (struct wire){.fd = fd};
}

void wire_deinit(struct wire *wire)
{
	if (wire->fd >= 0)
		close(wire->fd);
	tsem_buffer_deinit(&wire->in);
	tsem_buffer_deinit(&wire->out);
	wire_init(wire, -1);
}

/* Forgets what is done with, when that is little work. */
static void compact(struct tsem_buffer *buffer, size_t *done)
{
	if (*done < buffer->size - *done)
		return;
	if (buffer->size > *done)
		memmove(buffer->data, buffer->data + *done, buffer->size - *done);
	buffer->size -= *done;
	*done = 0;
}

static int head_of(const struct wire_frame *frame, struct wire_head *ret_head)
{
	size_t topic_size = frame->topic ? strlen(frame->topic) + 1 : 0;

	if (topic_size > WIRE_TOPIC_MAX || frame->size > SINK_TEXT_MAX)
		return -EMSGSIZE;
	*ret_head = (struct wire_head){frame->kind, frame->token, frame->value, topic_size, frame->size};
	return 0;
}

int wire_put(struct wire *wire, const struct wire_frame *frame)
{
	struct wire_head head;
	int r = head_of(frame, &head);

	if (r)
		return r;
	compact(&wire->out, &wire->sent);
	if (!buffer_reserve(&wire->out, sizeof(head) + head.topic_size + head.text_size + 1)) {
		wire->out.failed = false; /* all that waits is whole, and can still be written */
		return -ENOMEM;
	}
	tsem_buffer_add(&wire->out, &head, sizeof(head));
	tsem_buffer_add(&wire->out, frame->topic ? frame->topic : "", head.topic_size);
	tsem_buffer_add(&wire->out, frame->text ? frame->text : "", head.text_size);
	tsem_buffer_add(&wire->out, "", 1);
	return 0;
}

int wire_put_secret(struct wire *wire, const struct wire_frame *frame)
{
	struct wire_head head;
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)frame->text, frame->size}, {"", 1}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
	int r = head_of(frame, &head);
	ssize_t n;

	if (r || wire_waits(wire))
		return r ? r : -EINVAL;
	n = sendmsg(wire->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	return (size_t)n == sizeof(head) + frame->size + 1 ? 0 : -EMSGSIZE;
}

bool wire_waits(const struct wire *wire)
{
	return wire->out.size > wire->sent;
}

int wire_flush(struct wire *wire)
{
	while (wire_waits(wire)) {
		ssize_t n = send(wire->fd, wire->out.data + wire->sent, wire->out.size - wire->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			wire->sent += n;
	}
	compact(&wire->out, &wire->sent);
	return 0;
}

int wire_read(struct wire *wire)
{
	char *room;
	ssize_t n;

	compact(&wire->in, &wire->taken);
	room = buffer_reserve(&wire->in, READ_SIZE);
	if (!room)
		return -ENOMEM;
	do
		n = recv(wire->fd, room, READ_SIZE, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n ? (errno == ECONNRESET ? -EPIPE : -errno) : -EPIPE;
	wire->in.size += n;
	return 0;
}

static bool in_bounds(const struct wire_head *head)
{
	return head->kind < WIRE_KINDS && head->topic_size <= WIRE_TOPIC_MAX && head->text_size <= SINK_TEXT_MAX;
}

int wire_next(struct wire *wire, struct wire_frame *ret_frame)
{
	size_t left = wire->in.size - wire->taken, size;
	const char *at = left ? wire->in.data + wire->taken : NULL;
	struct wire_head head;

	if (left < sizeof(head))
		return 0;
	memcpy(&head, at, sizeof(head));
	if (!in_bounds(&head))
		return -EBADMSG;
	size = sizeof(head) + head.topic_size + head.text_size + 1;
	if (left < size)
		return 0;
	at += sizeof(head);
	if (at[head.topic_size + head.text_size] || (head.topic_size && at[head.topic_size - 1]))
		return -EBADMSG;
	*ret_frame = (struct wire_frame){.kind = head.kind,
					 .token = head.token,
					 .value = head.value,
					 .topic = head.topic_size ? at : NULL,
					 .text = at + head.topic_size,
					 .size = head.text_size};
	wire->taken += size;
	return 1;
}
