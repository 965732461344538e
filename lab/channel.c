/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "channel.h"

#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t buffer_used(const struct lab_buffer *buffer)
{
	return buffer->end - buffer->start;
}

static int buffer_reserve(struct lab_buffer *buffer, size_t extra)
{
	size_t used = buffer_used(buffer);
	size_t capacity = buffer->capacity;
	uint8_t *bytes;

	if (buffer->capacity - buffer->end >= extra)
		return 0;
	if (used)
		memmove(buffer->bytes, buffer->bytes + buffer->start, used);
	buffer->start = 0;
	buffer->end = used;
	if (capacity - used >= extra)
		return 0;
	while (capacity - used < extra)
		capacity = capacity ? capacity * 2 : 65536;
	bytes = realloc(buffer->bytes, capacity);
	if (!bytes)
		return -ENOMEM;
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return 0;
}

static void buffer_append(struct lab_buffer *buffer, const void *bytes, size_t length)
{
	if (!length)
		return;
	memcpy(buffer->bytes + buffer->end, bytes, length);
	buffer->end += length;
}

int lab_channel_init(struct lab_channel *channel, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	memset(channel, 0, sizeof(*channel));
	channel->fd = fd;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

void lab_channel_deinit(struct lab_channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
	free(channel->in.bytes);
	free(channel->out.bytes);
	memset(&channel->in, 0, sizeof(channel->in));
	memset(&channel->out, 0, sizeof(channel->out));
}

long lab_channel_read(struct lab_channel *channel)
{
	ssize_t got;
	int err = buffer_reserve(&channel->in, LAB_CHUNK);

	if (err)
		return err;
	got = read(channel->fd, channel->in.bytes + channel->in.end, channel->in.capacity - channel->in.end);
	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	channel->in.end += (size_t)got;
	return got;
}

int lab_channel_next(struct lab_channel *channel, struct lab_message *ret_message)
{
	struct lab_buffer *in = &channel->in;
	struct lab_frame frame;

	if (buffer_used(in) < sizeof(frame))
		return 0;
	memcpy(&frame, in->bytes + in->start, sizeof(frame));
	if (frame.length > LAB_FRAME_MAX)
		return -EPROTO;
	if (buffer_used(in) < sizeof(frame) + frame.length)
		return 0;
	ret_message->type = frame.type;
	ret_message->length = frame.length;
	ret_message->payload = in->bytes + in->start + sizeof(frame);
	in->start += sizeof(frame) + frame.length;
	return 1;
}

int lab_channel_put(struct lab_channel *channel, uint32_t type, const void *payload, size_t length)
{
	struct lab_frame frame = {.type = type, .length = (uint32_t)length};
	int err;

	if (length > LAB_FRAME_MAX)
		return -E2BIG;
	err = buffer_reserve(&channel->out, sizeof(frame) + length);
	if (err)
		return err;
	buffer_append(&channel->out, &frame, sizeof(frame));
	buffer_append(&channel->out, payload, length);
	return 0;
}

int lab_channel_write(struct lab_channel *channel)
{
	struct lab_buffer *out = &channel->out;
	int err = 0;

	while (buffer_used(out)) {
		ssize_t put = write(channel->fd, out->bytes + out->start, buffer_used(out));

		if (put < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (put < 0) {
			err = -errno;
			break;
		}
		out->start += (size_t)put;
	}
	out->start = 0;
	out->end = 0;
	return err;
}

size_t lab_channel_queued(const struct lab_channel *channel)
{
	return buffer_used(&channel->out);
}
