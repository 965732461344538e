/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames over a non-blocking descriptor; used by the host and by the guest. */
#ifndef LAB_CHANNEL_H
#define LAB_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lab_buffer {
	uint8_t *bytes;
	size_t capacity;
	size_t start; /* of the unread part */
	size_t end;
};

struct lab_channel {
	int fd;
	struct lab_buffer in;
	struct lab_buffer out;
};

struct lab_message {
	uint32_t type;
	uint32_t length;
	const uint8_t *payload; /* valid until the next call on the channel */
};

/* Takes over fd and makes it non-blocking. */
int lab_channel_init(struct lab_channel *channel, int fd);
void lab_channel_deinit(struct lab_channel *channel);

/* Bytes read, 0 at the end of the stream, or -errno (-EAGAIN: nothing yet). */
long lab_channel_read(struct lab_channel *channel);

/* 1 and the message, 0 when no whole frame is there yet, or -EPROTO. */
int lab_channel_next(struct lab_channel *channel, struct lab_message *ret_message);

/*
 * Queues one frame; lab_channel_write() sends what the descriptor takes and,
 * when the other side is gone, forgets the rest and returns -errno.
 */
int lab_channel_put(struct lab_channel *channel, uint32_t type, const void *payload, size_t length);
int lab_channel_write(struct lab_channel *channel);
size_t lab_channel_queued(const struct lab_channel *channel);

#endif
