/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the modeling engine does in a second, on one core, with fixed input:
 * opens of files. CPU time, the best of five rounds; no I/O.
 * usage: engine [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "../engine/server.h"
#include "../lib/tsem.h"

#define EVENTS 100u
#define MILLION 1000000u
#define SLOT 512u /* bytes for one record */

static unsigned rounds = 5;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static EVP_MD *md;
static EVP_MD_CTX *md_context;

static int openssl_digest(void *context, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest)
{
	(void)context;
	return !EVP_DigestInit_ex2(md_context, md, NULL) || !EVP_DigestUpdate(md_context, bytes, size) ||
	       !EVP_DigestFinal_ex(md_context, ret_digest, NULL);
}

static const struct tsem_hash openssl_hash = {TSEM_HASH_sha256, 32, NULL, openssl_digest};

static void *memory(size_t size)
{
	void *bytes = aligned_alloc(64, (size + 63) & ~(size_t)63);

	if (!bytes)
		exit(1);
	memset(bytes, 0, size);
	return bytes;
}

static void put(tsem_u8 **at, const void *bytes, size_t size)
{
	memcpy(*at, bytes, size);
	*at += size;
}

/* An open of file number n, by one of eight programs. */
static void make_record(unsigned n, struct tsem_record *record)
{
	static const tsem_u8 inode[] = {0, 0, 0, 0, 0, 0, 0, 0, 0xa4, 0x81, 0x53, 0xef, 0, 0, 0, 0, 0, 0};
	tsem_u8 *cell = (tsem_u8 *)(record + 1), *at = cell;
	char path[64];
	tsem_u32 flags = 0x8000,
		 size = snprintf(path, sizeof(path), "/usr/lib/x86_64-linux-gnu/perl5/module-%08u.so", n);
	static const tsem_u8 zeros[32];

	memset(record, 0, SLOT);
	put(&at, &flags, 4);
	put(&at, inode, sizeof(inode));
	put(&at, zeros, 16 + 1);
	put(&at, "\4\0\0\0root", 9);
	put(&at, &size, 4);
	put(&at, path, size);
	put(&at, zeros, 32);
	record->version = TSEM_RECORD_VERSION;
	record->event = TSEM_EVENT_file_open;
	record->context = record->number = record->pid = record->tid = 1;
	memset(record->task_id, 1 + n % 8, sizeof(record->task_id));
	memset(record->ptask_id, 9, sizeof(record->ptask_id));
	record->cell_size = at - cell;
	record->size = sizeof(*record) + record->cell_size;
	if (tsem_record_check(record, record->size, NULL))
		exit(1);
}

static tsem_u8 *make_records(unsigned count)
{
	tsem_u8 *records = memory((size_t)count * SLOT);

	for (unsigned i = 0; i < count; i++)
		make_record(i, (struct tsem_record *)(records + (size_t)i * SLOT));
	return records;
}

static struct agent *make_agent(const struct tsem_hash *hash, unsigned points, tsem_u64 records)
{
	struct agent_limits limits = {points, records};
	size_t head = (sizeof(struct agent) + 63) & ~63ul;
	char *all = memory(head + agent_memory(hash, &limits));

	if (agent_init((struct agent *)all, hash, &limits, 4711, all + head) != AGENT_OK)
		exit(1);
	return (struct agent *)all;
}

static double report(const char *what, double per_event, double beside)
{
	printf("%-58s %9.0f events/s %7.1f ns", what, 1 / per_event, per_event * 1e9);
	if (beside > 0)
		printf("  ratio %.2f", per_event / beside);
	printf("\n");
	return per_event;
}

/* Puts count events, one after the other, in steps through the records, until there were so many. */
static double put_events(struct agent *agent, const tsem_u8 *records, unsigned distinct, unsigned step, unsigned count)
{
	struct agent_verdict verdict;
	double best = 1e9, began;
	unsigned at = 0;

	for (unsigned round = 0; round < rounds; round++) {
		began = now();
		for (unsigned i = 0; i < count; i++) {
			const struct tsem_record *record = (const struct tsem_record *)(records + (size_t)at * SLOT);

			agent_event(agent, record, record->size, &verdict);
			if (!verdict.trusted)
				exit(1);
			at = (at + step) % distinct;
		}
		if (now() - began < best)
			best = now() - began;
	}
	return best / count;
}

static void load_others(struct agent *agent, unsigned count)
{
	tsem_u64 words[4] = {1, 2, 3, 4};

	for (unsigned i = 0; i < count; i++) {
		for (int k = 0; k < 4; k++)
			words[k] = (words[k] ^ words[k] >> 29) * 0x9e3779b97f4a7c15 + k;
		if (agent_load(agent, (const tsem_u8 *)words) != AGENT_OK)
			exit(1);
	}
}

/* The same hundred events, known, in a small and in a large model. */
static void bench_known(const tsem_u8 *records)
{
	struct agent *small = make_agent(&openssl_hash, 256, 1 << 20);
	struct agent *large = make_agent(&openssl_hash, MILLION + 256, 1 << 20);
	double beside;

	load_others(large, MILLION);
	put_events(small, records, EVENTS, 1, EVENTS);
	put_events(large, records, EVENTS, 1, EVENTS);
	small->mode = large->mode = TSEM_MODE_SEALED;
	beside = report("records, sealed, model of 100", put_events(small, records, EVENTS, 1, 2 * MILLION), 0);
	report("records, sealed, model of 1,000,000", put_events(large, records, EVENTS, 1, 2 * MILLION), beside);
	free(small);
	free(large);
}

/* A million different events again and again: no cache of the machine holds them, neither the input. */
static void bench_cold(const tsem_u8 *records)
{
	struct agent *agent = make_agent(&openssl_hash, MILLION, (tsem_u64)MILLION * 352);

	put_events(agent, records, MILLION, 1, MILLION);
	report("records, a million different ones, all known, in order",
	       put_events(agent, records, MILLION, 1, MILLION), 0);
	report("records, a million different ones, all known, scattered",
	       put_events(agent, records, MILLION, 611953, MILLION), 0);
	free(agent);
}

static void bench_first(const tsem_u8 *records, const struct tsem_hash *hash, const char *what)
{
	double best = 1e9, took;
	unsigned once = rounds;

	rounds = 1;
	for (unsigned i = 0; i < once; i++) {
		struct agent *agent = make_agent(hash, 100000, 100000 * 352);

		took = put_events(agent, records, 100000, 1, 100000);
		best = took < best ? took : best;
		free(agent);
	}
	rounds = once;
	report(what, best, 0);
}

/* Without keeping events, so that each is hashed each time. */
static void bench_hashed(const tsem_u8 *records, const struct tsem_hash *hash, const char *what)
{
	struct agent *agent = make_agent(hash, 256, 0);

	put_events(agent, records, EVENTS, 1, EVENTS);
	report(what, put_events(agent, records, EVENTS, 1, 200000), 0);
	free(agent);
}

static void bench_json(const tsem_u8 *records)
{
	struct tsem_buffer lines[EVENTS] = {0};
	struct agent *agent = make_agent(&openssl_hash, 256, 1 << 20);
	double best = 1e9, began;
	const unsigned count = 200000;

	for (unsigned i = 0; i < EVENTS; i++)
		tsem_record_to_json((const struct tsem_record *)(records + i * SLOT), &lines[i]);
	for (unsigned round = 0; round < rounds; round++) {
		began = now();
		for (unsigned i = 0; i < count; i++) {
			struct tsem_buffer *line = &lines[i % EVENTS];
			struct agent_verdict verdict;
			struct tsem_record *record;

			if (tsem_record_from_json(line->data, line->size, &record, NULL))
				exit(1);
			agent_event(agent, record, record->size, &verdict);
			free(record);
		}
		if (now() - began < best)
			best = now() - began;
	}
	printf("(a line of JSON has %zu bytes)\n", lines[0].size);
	report("JSON lines, known", best / count, 0);
	for (unsigned i = 0; i < EVENTS; i++)
		tsem_buffer_deinit(&lines[i]);
	free(agent);
}

/* ---- with the protocol around it ---- */

static void *allocate(void *context, tsem_u64 size)
{
	(void)context;
	return memory(size);
}

static void release(void *context, void *bytes, tsem_u64 size)
{
	(void)context;
	(void)size;
	free(bytes);
}

static void fill(void *context, void *bytes, tsem_u32 size)
{
	(void)context;
	memset(bytes, 7, size);
}

static tsem_u32 request(tsem_u8 *bytes, unsigned type, tsem_u32 sequence, const void *head, tsem_u32 size,
			const struct tsem_record *record)
{
	struct frame frame = {.type = type, .session = 5, .sequence = sequence};
	struct frame_part parts[2] = {{head, size}, {record, record ? record->size : 0}};

	return frame_write(&frame, parts, 2, bytes, 1024);
}

static void bench_protocol(const tsem_u8 *records)
{
	const struct tsem_hash *const hashes[] = {&openssl_hash, NULL};
	struct server server = {hashes, 4,	  256,	   256,	 1 << 20, 1 << 20,
				NULL,	allocate, release, fill, "bench", memory(SERVER_SCRATCH)};
	struct tsem_tma_hello hello = {1, 1, 0, 64, TSEM_TMA_PAYLOAD_MAX, {0}, {0}};
	struct tsem_tma_create create = {.namespace_id = 1, .hash = 1};
	struct tsem_tma_event event = {.namespace_id = 1};
	struct server_session *session = memory(sizeof(*session));
	tsem_u8 *answer = memory(SERVER_ANSWER_MAX), bytes[1024];
	tsem_u32 size, got, sequence = 1;
	double best = 1e9, began;

	server_session_init(session, 0);
	size = request(bytes, TSEM_TMA_HELLO, sequence++, &hello, sizeof(hello), NULL);
	server_take(&server, session, bytes, size, 0, answer, &got);
	size = request(bytes, TSEM_TMA_CREATE, sequence++, &create, sizeof(create), NULL);
	server_take(&server, session, bytes, size, 0, answer, &got);
	for (unsigned round = 0; round < rounds; round++) {
		began = now();
		for (unsigned i = 0; i < MILLION; i++) {
			size = request(bytes, TSEM_TMA_EVENT, sequence++, &event, sizeof(event),
				       (const struct tsem_record *)(records + i % EVENTS * SLOT));
			if (server_take(&server, session, bytes, size, 0, answer, &got) != size || got < 64)
				exit(1);
		}
		if (now() - began < best)
			best = now() - began;
	}
	report("records in frames: written, checked, judged, answered", best / MILLION, 0);
	server_session_deinit(&server, session);
	free(server.scratch);
	free(session);
	free(answer);
}

int main(int argc, char **argv)
{
	tsem_u8 *records = make_records(MILLION);

	rounds = argc > 1 ? (unsigned)atoi(argv[1]) : rounds;
	md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	md_context = EVP_MD_CTX_new();
	printf("one event: %u bytes, CELL %u\n", ((struct tsem_record *)records)->size,
	       ((struct tsem_record *)records)->cell_size);
	bench_known(records);
	bench_cold(records);
	bench_first(records, &openssl_hash, "records, first sight, SHA-256 of OpenSSL");
	bench_first(records, &hash_sha256, "records, first sight, SHA-256 of the engine");
	bench_hashed(records, &openssl_hash, "records, hashed each time, SHA-256 of OpenSSL");
	bench_hashed(records, &hash_sha256, "records, hashed each time, SHA-256 of the engine");
	bench_protocol(records);
	bench_json(records);
	free(records);
	return 0;
}
