/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whatever comes from a client: the agent answers with frames, or not at all,
 * and gives all memory back. The input is a stream as it is, or a list of
 * requests whose frames are made right, since no fuzzer finds a CRC.
 */
#include <stdio.h>
#include <string.h>

#include "../../engine/server.h"
#include "../../lib/tsem.h"
#include "fuzz.h"

#define SESSION 0x1122334455667788ull

static unsigned spaces;

static void *allocate(void *context, tsem_u64 size)
{
	void *memory = size < (64u << 20) ? aligned_alloc(64, (size + 63) & ~63ull) : NULL;

	(void)context;
	if (memory)
		memset(memory, 0, size);
	spaces += memory != NULL;
	return memory;
}

static void release(void *context, void *memory, tsem_u64 size)
{
	(void)context;
	(void)size;
	spaces--;
	free(memory);
}

static void fill(void *context, void *bytes, tsem_u32 size)
{
	(void)context;
	memset(bytes, 0x5a, size);
}

static tsem_u64 scratch[(SERVER_SCRATCH + 7) / 8];
static const struct tsem_hash *const hashes[] = {&hash_sha256, NULL};
static const struct server server = {hashes, 4, 64, 256, 4096, 1 << 16, NULL, allocate, release, fill, "fuzz", scratch};
static tsem_u8 stream[1 << 20], answer[SERVER_ANSWER_MAX];

/* Requests: type, two bytes of size, payload. Type 0 stands for bytes that are no frame. */
static tsem_u32 make_stream(const uint8_t *at, size_t size, tsem_u32 begin)
{
	struct frame frame = {.session = SESSION, .sequence = 2};
	tsem_u32 used = begin;

	while (size >= 3 && sizeof(stream) - used > 70000) {
		struct frame_part part = {at + 3, at[1] | at[2] << 8};

		frame.type = at[0];
		at += 3;
		size -= 3;
		part.size = part.size < size ? part.size : size;
		if (frame.type)
			used += frame_write(&frame, &part, 1, stream + used, sizeof(stream) - used);
		else
			memcpy(stream + used, part.bytes, part.size);
		used += frame.type ? 0 : part.size;
		frame.sequence += at[-1] & 0x80 ? 0 : 1; /* the same once more */
		at += part.size;
		size -= part.size;
	}
	return used;
}

static tsem_u32 make_hello(void)
{
	struct frame frame = {.type = TSEM_TMA_HELLO, .session = SESSION, .sequence = 1};
	struct tsem_tma_hello hello = {1, 1, 0, 64, TSEM_TMA_PAYLOAD_MIN, {0}, {0}};
	struct frame_part part = {&hello, sizeof(hello)};

	return frame_write(&frame, &part, 1, stream, sizeof(stream));
}

static void check_answer(const struct server_session *session, tsem_u32 size)
{
	struct frame_reader reader = {.session = session->reader.session,
				      .payload_max = TSEM_TMA_PAYLOAD_MAX,
				      .greeting = 0x81};
	struct tsem_tma_verdict verdict;
	struct frame frame;
	tsem_u32 used;

	if (!size)
		return;
	MUST(size <= SERVER_ANSWER_MAX);
	memcpy(&reader.session, answer + 8, 8);
	MUST(frame_read(&reader, answer, size, 1, &frame, &used) == 1 && used == size);
	MUST(frame.type & TSEM_TMA_ANSWER);
	if (frame.type != (TSEM_TMA_EVENT | TSEM_TMA_ANSWER))
		return;
	memcpy(&verdict, frame.payload, sizeof(verdict));
	MUST(verdict.verdict == TSEM_TMA_TRUSTED || verdict.verdict == TSEM_TMA_UNTRUSTED);
	MUST(!(verdict.flags & TSEM_TMA_SAME) || verdict.verdict == TSEM_TMA_TRUSTED);
	MUST(frame.size == sizeof(verdict) + verdict.size && verdict.reason && verdict.reason < TSEM_REASON_LOCAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct server_session session;
	tsem_u32 at = 0, end, used, got;

	if (!size || size > 1 << 18)
		return 0;
	server_session_init(&session, bytes[0] & 1);
	if (bytes[0] & 2) {
		end = make_stream(bytes + 1, size - 1, make_hello());
	} else {
		memcpy(stream, bytes + 1, size - 1);
		end = size - 1;
	}
	for (;;) {
		used = server_take(&server, &session, stream + at, end - at, 1, answer, &got);
		MUST(used <= end - at);
		check_answer(&session, got);
		at += used;
		if (!used)
			break;
	}
	server_session_deinit(&server, &session);
	MUST(!spaces);
	return 0;
}
