/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "frame.h"
#include "frame_crc.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are read in place");

#define HEAD_SIZE ((tsem_u32)sizeof(struct tsem_tma_head))
#define HEAD_CHECKED (HEAD_SIZE - 4)
#define WASTED_MAX (2 * TSEM_TMA_PAYLOAD_MAX) /* and four times what was skipped */

/* Eight bytes at a time, because this is the slowest part of a frame. */
tsem_u32 frame_checksum(tsem_u32 crc, const void *bytes, tsem_u32 size)
{
	const tsem_u8 *at = bytes;
	tsem_u32 low, high;

	crc = ~crc;
	for (; size >= 8; size -= 8, at += 8) {
		__builtin_memcpy(&low, at, 4);
		__builtin_memcpy(&high, at + 4, 4);
		low ^= crc;
		crc = frame_crc[7][low & 255] ^ frame_crc[6][low >> 8 & 255] ^ frame_crc[5][low >> 16 & 255] ^
		      frame_crc[4][low >> 24] ^ frame_crc[3][high & 255] ^ frame_crc[2][high >> 8 & 255] ^
		      frame_crc[1][high >> 16 & 255] ^ frame_crc[0][high >> 24];
	}
	while (size--)
		crc = frame_crc[0][(crc ^ *at++) & 255] ^ crc >> 8;
	return ~crc;
}

static void write_head(const struct frame *frame, tsem_u32 size, struct tsem_tma_head *ret_head)
{
	*ret_head = (struct tsem_tma_head){.magic = TSEM_TMA_MAGIC,
					   .version = TSEM_TMA_VERSION,
					   .type = frame->type,
					   .session = frame->session,
					   .sequence = frame->sequence,
					   .size = size};
	ret_head->check = frame_checksum(0, ret_head, HEAD_CHECKED);
}

tsem_u32 frame_write(const struct frame *frame, const struct frame_part *parts, tsem_u32 count, tsem_u8 *ret_bytes,
		     tsem_u32 room)
{
	struct tsem_tma_head head;
	tsem_u32 size = 0, at = HEAD_SIZE, crc;

	for (tsem_u32 i = 0; i < count; i++) {
		if (parts[i].size > TSEM_TMA_PAYLOAD_MAX)
			return 0;
		size += parts[i].size;
	}
	if (size > TSEM_TMA_PAYLOAD_MAX || room < size + TSEM_TMA_OVERHEAD)
		return 0;
	write_head(frame, size, &head);
	__builtin_memcpy(ret_bytes, &head, HEAD_SIZE);
	for (tsem_u32 i = 0; i < count; i++) {
		/* Keeps bytes that the caller already put in place. */
		if (parts[i].size && parts[i].bytes != ret_bytes + at)
			__builtin_memcpy(ret_bytes + at, parts[i].bytes, parts[i].size);
		at += parts[i].size;
	}
	/* Leaves out the head's own check: after a correct one the CRC is always the same, and would bind nothing. */
	crc = frame_checksum(head.check, ret_bytes + HEAD_SIZE, size);
	__builtin_memcpy(ret_bytes + at, &crc, 4);
	return at + 4;
}

/* Whether this may begin a frame for this receiver: anything else is noise, or a file name. */
static int head_good(const struct frame_reader *reader, const struct tsem_tma_head *head)
{
	tsem_u32 limit = head->type == reader->greeting ? TSEM_TMA_HELLO_MAX : reader->payload_max;

	if (head->magic != TSEM_TMA_MAGIC || head->version != TSEM_TMA_VERSION || head->flags || head->reserved)
		return 0;
	if (frame_checksum(0, head, HEAD_CHECKED) != head->check || head->size > limit || !head->session)
		return 0;
	return head->type == reader->greeting || head->session == reader->session;
}

/* The next place from at on where a frame can begin. */
static tsem_u32 find_magic(const tsem_u8 *bytes, tsem_u32 at, tsem_u32 size)
{
	static const tsem_u8 magic[4] = {'T', 'S', 'E', 'M'};

	for (; at < size; at++) {
		tsem_u32 left = size - at < 4 ? size - at : 4;

		if (bytes[at] == magic[0] && !__builtin_memcmp(bytes + at, magic, left))
			break;
	}
	return at;
}

/*
 * Right heads that overlap would have each byte checked two thousand times, in however many pieces they come. 1: whole
 * and right, 0: not whole, -1: none.
 */
static int try_frame(struct frame_reader *reader, const tsem_u8 *bytes, tsem_u32 size, struct frame *ret_frame)
{
	struct tsem_tma_head head;
	tsem_u32 crc;

	if (size < HEAD_SIZE)
		return 0;
	__builtin_memcpy(&head, bytes, HEAD_SIZE);
	if (!head_good(reader, &head))
		return -1;
	if (size < head.size + TSEM_TMA_OVERHEAD)
		return 0;
	__builtin_memcpy(&crc, bytes + HEAD_SIZE + head.size, 4);
	if (reader->wasted + head.size > WASTED_MAX + 4 * reader->skipped)
		return -1;
	if (frame_checksum(head.check, bytes + HEAD_SIZE, head.size) != crc) {
		reader->wasted += head.size;
		return -1;
	}
	*ret_frame = (struct frame){head.type, head.session, head.sequence, head.size, crc, bytes + HEAD_SIZE};
	return 1;
}

int frame_read(struct frame_reader *reader, const tsem_u8 *bytes, tsem_u32 size, int idle, struct frame *ret_frame,
	       tsem_u32 *ret_used)
{
	tsem_u32 at = 0, start;
	int r;

	for (;;) {
		start = find_magic(bytes, at, size);
		reader->skipped += start - at;
		at = start;
		r = at < size ? try_frame(reader, bytes + at, size - at, ret_frame) : 0;
		if (r > 0) {
			*ret_used = at + ret_frame->size + TSEM_TMA_OVERHEAD;
			return 1;
		}
		if (at == size || (!r && !idle))
			break;
		reader->skipped++;
		at++;
	}
	*ret_used = at;
	return 0;
}
