/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames of the TMA protocol, written to and found in a stream of bytes that may lose, double and flip some. */
#ifndef TSEM_ENGINE_FRAME_H
#define TSEM_ENGINE_FRAME_H

#include "../abi/tma.h"

struct frame {
	tsem_u8 type;
	tsem_u64 session;
	tsem_u32 sequence;
	tsem_u32 size;
	tsem_u32 check; /* of the whole frame */
	const tsem_u8 *payload; /* in the caller's bytes */
};

struct frame_reader {
	tsem_u64 session; /* frames of other sessions are noise, except greetings; 0: only greetings are frames */
	tsem_u32 payload_max; /* larger ones are noise */
	tsem_u32 greeting; /* type of the greeting that is waited for */
	tsem_u64 skipped; /* bytes that were no part of a frame */
	tsem_u64 wasted; /* bytes of payloads whose check was wrong, each as often as it was looked at */
};

tsem_u32 frame_checksum(tsem_u32 crc, const void *bytes, tsem_u32 size);

/*
 * Writes one frame. parts are joined to its payload. Returns its size, or 0
 * when it does not fit into room.
 */
struct frame_part {
	const void *bytes;
	tsem_u32 size;
};
tsem_u32 frame_write(const struct frame *frame, const struct frame_part *parts, tsem_u32 count, tsem_u8 *ret_bytes,
		     tsem_u32 room);

/*
 * Searches for the next frame in size bytes. *ret_used bytes at their beginning are consumed, whether there was a frame
 * or not; *ret_frame points into them. Returns 1: a frame, 0: more bytes are needed. idle: no more will come for now,
 * so an incomplete frame is dropped.
 */
int frame_read(struct frame_reader *reader, const tsem_u8 *bytes, tsem_u32 size, int idle, struct frame *ret_frame,
	       tsem_u32 *ret_used);

#endif
