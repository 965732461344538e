/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames between tsem and the process that talks to a broker (mqtt_process.h), over a pair of stream sockets. Neither
 * end trusts the other: a frame that breaks a bound ends the connection.
 */
#ifndef TSEM_SINK_WIRE_H
#define TSEM_SINK_WIRE_H

#include "sink.h"

#define WIRE_TOPIC_MAX 65536u /* with its NUL: the longest of MQTT */

enum wire_kind {
	/* To the process, in this order. */
	WIRE_SET, /* token: enum wire_setting; value or text */
	WIRE_CONNECT,
	WIRE_PUBLISH, /* token: of its WIRE_PUBLISHED, 0: none; value: retained */
	WIRE_END,
	/* From it. */
	WIRE_CONNECTED,
	WIRE_PUBLISHED, /* value: the other side will never take it */
	WIRE_GRANTED, /* value: 0 when the broker refuses the filter */
	WIRE_MESSAGE,
	WIRE_LOST, /* value: errno, text: why; nothing comes after it */
	WIRE_KINDS
};

enum wire_setting {
	WIRE_HOST,
	WIRE_PORT,
	WIRE_KEEPALIVE,
	WIRE_ID,
	WIRE_CLEAN,
	WIRE_VERSION, /* of MQTT, as the library counts them */
	WIRE_MEMORY, /* MiB of address space */
	WIRE_USER,
	WIRE_PASSWORD,
	WIRE_SECURE,
	WIRE_CA,
	WIRE_CERTIFICATE,
	WIRE_KEY,
	WIRE_WILL, /* topic and text */
	WIRE_FILTER,
	WIRE_SETTINGS
};

struct wire_head {
	tsem_u32 kind, token, value;
	tsem_u32 topic_size, text_size; /* topic_size: with a NUL; 0: there is none */
};

struct wire_frame {
	unsigned kind, token, value;
	const char *topic; /* NULL: there is none */
	const char *text; /* with a NUL after it */
	size_t size; /* of the text */
};

struct wire {
	int fd; /* does not block */
	struct tsem_buffer in, out;
	size_t taken, sent; /* bytes of in and out that are done with */
};

void wire_init(struct wire *wire, int fd);
/* Closes the descriptor. */
void wire_deinit(struct wire *wire);
/* Appends a frame to what waits; after an error, nothing of it. -EMSGSIZE, -ENOMEM. */
int wire_put(struct wire *wire, const struct wire_frame *frame);
/* Writes a frame at once, before any other, and keeps no copy of its text. */
int wire_put_secret(struct wire *wire, const struct wire_frame *frame);
bool wire_waits(const struct wire *wire);
/* Writes what waits. -EAGAIN: some is left. */
int wire_flush(struct wire *wire);
/* Reads once. -EAGAIN: nothing is there; -EPIPE: the other end is gone. */
int wire_read(struct wire *wire);
/* 1: a frame, until the next call; 0: there is none; -EBADMSG: it breaks a bound. */
int wire_next(struct wire *wire, struct wire_frame *ret_frame);

#endif
