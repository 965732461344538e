/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The agent of engine/ beside the library, and frames on lines that lose bytes. */
#include <stdlib.h>
#include <string.h>

#include "../../engine/server.h"
#include "../../lib/event/codec.h"
#include "../../lib/event/digest.h"
#include "generate.h"
#include "unit.h"

#define POINTS 4096u

static struct agent *make_agent(tsem_u32 points, tsem_u64 records)
{
	struct agent_limits limits = {points, records};
	tsem_u64 head = (sizeof(struct agent) + 63) & ~63ull, size = head + agent_memory(&hash_sha256, &limits);
	char *memory = aligned_alloc(64, (size + 63) & ~63ull);

	if (!memory)
		abort();
	memset(memory, 0, size);
	CHECK(agent_init((struct agent *)memory, &hash_sha256, &limits, 12345, memory + head) == AGENT_OK);
	return (struct agent *)memory;
}

/* The two readers of events.def agree on what is a CELL, whole, cut or spoiled. */
void test_tma_shapes(void)
{
	struct generator generator = {.seed = 21};
	struct shape_file file;

	for (unsigned i = 0; i < 40 * TSEM_EVENT_LIMIT; i++) {
		unsigned event = i % TSEM_EVENT_LIMIT;
		struct tsem_record *record;
		tsem_u8 *cell;

		if (!schema_event(event)) {
			CHECK(shape_check(event, (const tsem_u8 *)"", 0, &file) != 0);
			continue;
		}
		generator.mode = i / TSEM_EVENT_LIMIT % 3;
		record = generate_record(&generator, event);
		cell = (tsem_u8 *)record + sizeof(*record);
		CHECK(!shape_check(event, cell, record->cell_size, &file));
		if (record->cell_size && i % 2)
			cell[generate_number(&generator) % record->cell_size] ^= 1 << generate_number(&generator) % 8;
		else if (record->cell_size)
			record->size--, record->cell_size--;
		record->flags = 0;
		CHECK(!tsem_record_check(record, record->size, NULL) ==
		      !shape_check(event, cell, record->cell_size, &file));
		free(record);
	}
}

/* Coefficients, state and measurement are those of the library, seen once or often, loaded or not. */
void test_tma_agent(void)
{
	struct generator generator = {.seed = 22};
	struct agent *agent = make_agent(POINTS, 4 << 20);
	struct tsem_set set = {0};
	tsem_u8 ours[TSEM_DIGEST_SIZE], theirs[TSEM_DIGEST_SIZE];
	struct tsem_record *records[500];
	struct agent_verdict verdict;
	bool new;

	for (unsigned i = 0; i < 500; i++) {
		unsigned event;

		do
			event = generate_number(&generator) % TSEM_EVENT_LIMIT;
		while (!schema_event(event));
		records[i] = generate_record(&generator, event);
		records[i]->flags = 0;
	}
	for (unsigned i = 0; i < 2000; i++) {
		struct tsem_record *record = records[i * 7919 % 500];
		struct tsem_entry *entry;

		agent_event(agent, record, record->size, &verdict);
		CHECK(verdict.trusted && !verdict.same && verdict.coefficient);
		CHECK(!memcmp(verdict.coefficient, record->coefficient, TSEM_DIGEST_SIZE));
		entry = tsem_set_add(&set, record->coefficient, &new);
		CHECK(verdict.reason == (new ? TSEM_REASON_learned : TSEM_REASON_known));
		if (new)
			entry->number = set.count;
	}
	CHECK(agent_load(agent, (const tsem_u8 *)"a coefficient that is never seen") == AGENT_OK);
	CHECK(tsem_set_add(&set, (const tsem_u8 *)"a coefficient that is never seen", NULL) != NULL);
	CHECK(agent_state(agent, ours) == AGENT_OK && !tsem_set_state(&set, NULL, NULL, theirs) &&
	      !memcmp(ours, theirs, 32));
	CHECK(agent_measurement(agent, ours) == AGENT_OK && !tsem_set_measurement(&set, NULL, NULL, theirs) &&
	      !memcmp(ours, theirs, 32));
	agent->mode = TSEM_MODE_SEALED;
	for (unsigned i = 0; i < 500; i++) {
		agent_event(agent, records[i], records[i]->size, &verdict);
		CHECK(verdict.trusted && verdict.same && verdict.reason == TSEM_REASON_known);
		records[i]->flags = TSEM_RECORD_UNTRUSTED;
		agent_event(agent, records[i], records[i]->size, &verdict);
		CHECK(!verdict.trusted && !verdict.same && verdict.reason == TSEM_REASON_task);
		records[i]->flags = 0;
		records[i]->coe.uid ^= 0x55;
		agent_event(agent, records[i], records[i]->size, &verdict);
		CHECK(!verdict.trusted && !verdict.same);
		free(records[i]);
	}
	tsem_set_deinit(&set);
	free(agent);
}

/* What is found by its bytes is what would be found by its coefficient: one bit of anything that counts is another event. */
void test_tma_exact(void)
{
	struct generator generator = {.seed = 23};
	struct agent *agent = make_agent(POINTS, 4 << 20);
	struct tsem_record *record = generate_record(&generator, TSEM_EVENT_file_open);
	struct agent_verdict verdict;

	record->flags = 0;
	agent_event(agent, record, record->size, &verdict);
	agent->mode = TSEM_MODE_ENFORCING;
	for (unsigned bit = 0; bit < record->size * 8; bit++) {
		unsigned byte = bit / 8;
		/* Times, numbers, processes and the coefficient that the kernel wrote are not part of the event. */
		bool counts = byte < 8 || (byte >= 60 && byte < 72) || (byte >= 88 && byte < 152) || byte >= 184;

		((tsem_u8 *)record)[byte] ^= 1 << bit % 8;
		agent_event(agent, record, byte < 4 || (byte >= 64 && byte < 68) ? sizeof(*record) + 400 : record->size,
			    &verdict);
		/* Flags 1, 2 and 16 say what became of it elsewhere. */
		if (byte >= 60 && byte < 64 && bit - 60 * 8 != 2 && bit - 60 * 8 != 3)
			counts = false;
		if (!CHECK(verdict.trusted == !counts))
			unit_fail(__FILE__, __LINE__, "bit %u of byte %u", bit % 8, byte);
		((tsem_u8 *)record)[byte] ^= 1 << bit % 8;
	}
	agent_event(agent, record, record->size, &verdict);
	CHECK(verdict.trusted);
	free(record);
	free(agent);
}

/* A small model is full, a small memory for events only loses descriptions. */
void test_tma_full(void)
{
	struct generator generator = {.seed = 24};
	struct agent *agent = make_agent(16, 1024);
	struct agent_verdict verdict;
	struct tsem_record *record;

	for (unsigned i = 0; i < 100; i++) {
		record = generate_record(&generator, TSEM_EVENT_task_kill);
		record->flags = 0;
		agent_event(agent, record, record->size, &verdict);
		CHECK(verdict.trusted && (verdict.reason == TSEM_REASON_full) == (i >= 16));
		free(record);
	}
	CHECK(agent->count == 16 && agent->lost_points == 84 && agent->lost_records > 0 && agent->used <= 1024);
	free(agent);
}

static int count_digest(void *context, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest)
{
	++*(unsigned *)context;
	return hash_sha256_digest(NULL, bytes, size, ret_digest);
}

/* Digests that the state takes. */
static unsigned cost_of_state(struct agent *agent, unsigned *digests, tsem_u8 *ret_state)
{
	*digests = 0;
	CHECK(agent_state(agent, ret_state) == AGENT_OK);
	return *digests;
}

/* The state is computed once, and again after all on which it depends. */
void test_tma_state(void)
{
	static const tsem_u8 bytes[TSEM_HASH_SIZE_MAX] = {7};
	struct agent *agent = make_agent(16, 0);
	tsem_u8 states[5][TSEM_HASH_SIZE_MAX], again[TSEM_HASH_SIZE_MAX];
	struct tsem_hash counting = hash_sha256;
	unsigned digests;

	counting.context = &digests;
	counting.digest = count_digest;
	agent->hash = &counting;
	for (unsigned i = 0; i < 5; i++) {
		if (i == 1)
			CHECK(agent_load(agent, (const tsem_u8 *)"a coefficient of 32 bytes, seen1") == AGENT_OK);
		if (i == 2)
			CHECK(agent_load(agent, (const tsem_u8 *)"a coefficient of 32 bytes, seen2") == AGENT_OK);
		if (i == 3)
			CHECK(agent_base(agent, bytes) == AGENT_OK);
		if (i == 4)
			CHECK(agent_aggregate(agent, bytes) == AGENT_OK);
		CHECK(cost_of_state(agent, &digests, states[i]) == 2 * (1 + agent->count));
		CHECK(cost_of_state(agent, &digests, again) == 0 && !memcmp(states[i], again, TSEM_DIGEST_SIZE));
		for (unsigned k = 0; k < i; k++)
			CHECK(memcmp(states[k], states[i], TSEM_DIGEST_SIZE) != 0);
	}
	CHECK(agent_load(agent, (const tsem_u8 *)"a coefficient of 32 bytes, seen2") == AGENT_OK);
	CHECK(cost_of_state(agent, &digests, again) == 0); /* it is there already */
	free(agent);
}

/* One million: no coefficient is lost in the tables. */
void test_tma_million(void)
{
	struct generator generator = {.seed = 25};
	struct agent *agent = make_agent(1000000, 0);
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	unsigned lost = 0;

	for (unsigned i = 0; i < 1000000; i++) {
		for (int k = 0; k < 4; k++)
			((tsem_u64 *)coefficient)[k] = generate_number(&generator);
		lost += agent_load(agent, coefficient) != AGENT_OK;
	}
	CHECK(!lost && agent->count == 1000000);
	CHECK(agent_load(agent, (const tsem_u8 *)"there is no room left for this 1") == AGENT_FULL);
	free(agent);
}

static unsigned write_frames(struct generator *generator, tsem_u8 *stream, tsem_u32 *ret_size, unsigned count)
{
	struct frame frame = {.type = TSEM_TMA_EVENT, .session = 77};
	tsem_u8 payload[300];

	*ret_size = 0;
	for (unsigned i = 0; i < count; i++) {
		struct frame_part part = {payload, generate_number(generator) % sizeof(payload)};

		for (unsigned k = 0; k < part.size; k++)
			payload[k] = k % 9 ? (tsem_u8)generate_number(generator) : (tsem_u8) "TSEM\1\30\0\0"[k % 8];
		if (part.size)
			payload[0] = i;
		frame.sequence = i;
		*ret_size += frame_write(&frame, &part, 1, stream + *ret_size, 1024);
	}
	return count;
}

/* Every frame that was not touched is found, and no other; in pieces of any size. */
void test_tma_frames(void)
{
	struct generator generator = {.seed = 26};
	tsem_u8 *stream = malloc(200 * 1024);
	tsem_u32 size, used, at, end;
	struct frame frame;
	unsigned found;

	for (unsigned turn = 0; turn < 300 && CHECK(stream); turn++) {
		struct frame_reader reader = {.session = 77, .payload_max = 300, .greeting = TSEM_TMA_HELLO};
		unsigned count = write_frames(&generator, stream, &size, 100), touched = 0;
		tsem_u32 last = ~0u;

		for (unsigned spoil = 0; spoil < turn % 10; spoil++, touched++)
			stream[generate_number(&generator) % size] ^= 1 << generate_number(&generator) % 8;
		if (turn % 3 == 1 && ++touched) { /* a byte is lost */
			at = generate_number(&generator) % size;
			memmove(stream + at, stream + at + 1, --size - at);
		}
		for (at = end = found = 0; at < size || end < size;) {
			end += generate_number(&generator) % 200;
			end = end < size ? end : size;
			if (frame_read(&reader, stream + at, end - at, end == size, &frame, &used)) {
				CHECK(frame.type == TSEM_TMA_EVENT && frame.session == 77 && frame.sequence < 100 &&
				      frame.sequence != last);
				CHECK(!frame.size || frame.payload[0] == frame.sequence);
				last = frame.sequence;
				found++;
			} else if (end == size) {
				CHECK(used == end - at);
				break;
			}
			at += used;
		}
		CHECK(found <= count && found + touched >= count);
	}
	free(stream);
}

static bool is_bounded(const struct frame_reader *reader)
{
	return reader->wasted && reader->wasted <= 2 * TSEM_TMA_PAYLOAD_MAX + 4 * reader->skipped;
}

/* The same where each of them comes alone. */
static void check_pieces(const tsem_u8 *stream, tsem_u32 size, tsem_u32 each, struct frame_reader reader)
{
	struct frame frame;
	tsem_u32 used, at = 0;

	for (tsem_u32 end = each; end <= size; end += each) {
		CHECK(!frame_read(&reader, stream + at, end - at, false, &frame, &used));
		at += used;
	}
	CHECK(is_bounded(&reader));
}

/* Heads that are right, and whose payloads overlap and are not: what is checked is a multiple of what has come. */
void test_tma_overlapping(void)
{
	static tsem_u8 stream[2 * (TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD)], payload[TSEM_TMA_PAYLOAD_MAX];
	const struct frame head = {.type = TSEM_TMA_EVENT, .session = 77}, good = {TSEM_TMA_EVENT, 77, 5, 0, 0, NULL};
	const struct frame_part part = {payload, sizeof(payload)}, small = {"good", 4};
	const tsem_u32 each = sizeof(struct tsem_tma_head);
	struct frame_reader reader = {.session = 77, .payload_max = TSEM_TMA_PAYLOAD_MAX, .greeting = TSEM_TMA_HELLO};
	struct frame frame = {};
	tsem_u32 used = 0, size;

	CHECK(frame_write(&head, &part, 1, stream, sizeof(stream)) == sizeof(payload) + TSEM_TMA_OVERHEAD);
	for (size_t at = each; at + each <= sizeof(stream); at += each)
		memcpy(stream + at, stream, each);
	check_pieces(stream, sizeof(stream), each, reader);
	CHECK(!frame_read(&reader, stream, sizeof(stream), false, &frame, &used));
	CHECK(is_bounded(&reader));
	CHECK(used >= sizeof(stream) / 2 - TSEM_TMA_OVERHEAD);
	/* One that is good is found behind a few that are not. */
	size = frame_write(&good, &small, 1, stream + 5 * each, sizeof(stream) - 5 * each);
	CHECK(frame_read(&reader, stream, sizeof(stream), false, &frame, &used) && frame.sequence == 5);
	CHECK(used == 5 * each + size);
}
