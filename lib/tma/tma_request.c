/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests that are waited for, one after the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../event/codec.h"
#include "tma.h"

#define IN_SIZE (2 * (TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD))

const char *tsem_reason_text(unsigned reason)
{
	static const char *const texts[TSEM_REASON_LIMIT] = {
#define R(number, name, sentence) [number] = sentence,
		TSEM_REASONS(R)
#undef R
	};

	return reason < TSEM_REASON_LIMIT && texts[reason] ? texts[reason] :
							     "the agent gave a reason that is not known";
}

const char *tsem_reason_name(unsigned reason)
{
	static const char *const names[TSEM_REASON_LIMIT] = {
#define R(number, name, sentence) [number] = #name,
		TSEM_REASONS(R)
#undef R
	};

	return reason < TSEM_REASON_LIMIT && names[reason] ? names[reason] : "other";
}

static const char *const hash_names[TSEM_HASH_LIMIT] = {
#define H(number, key, name, size) [number] = name,
	TSEM_HASHES(H)
#undef H
};

const char *tsem_hash_name(unsigned number)
{
	return number < TSEM_HASH_LIMIT ? hash_names[number] : NULL;
}

unsigned tsem_hash_number(const char *name)
{
	for (unsigned i = 1; i < TSEM_HASH_LIMIT; i++)
		if (!strcmp(hash_names[i], name))
			return i;
	return 0;
}

static const char *fault_text(tsem_u32 code)
{
	static const char *const texts[TSEM_TMA_FAULT_LIMIT] = {
#define F(number, name, sentence) [number] = sentence,
		TSEM_TMA_FAULTS(F)
#undef F
	};

	return code < TSEM_TMA_FAULT_LIMIT && texts[code] ? texts[code] :
							    "the agent refused for a reason that is not known";
}

static int reply_error(const struct reply *reply, const char *what, struct tsem_error *error)
{
	int code = reply->reason == TSEM_REASON_late	? ETIMEDOUT :
		   reply->reason == TSEM_REASON_dead	? EPIPE :
		   reply->fault == TSEM_TMA_FAULT_limit ? ENOSPC :
							  EPROTO;

	return tsem_error_set(error, code, "the modeling agent did not %s: %s", what,
			      reply->fault ? fault_text(reply->fault) : tsem_reason_text(reply->reason));
}

/* On success the payload is the caller's. */
int tma_ask(struct tsem_tma *tma, unsigned type, const struct frame_part *parts, unsigned count, const char *what,
	    struct reply *ret_reply, struct tsem_error *error)
{
	struct waiting *waiting;
	int r;

	memset(ret_reply, 0, sizeof(*ret_reply));
	while (!tma->dead && tma->next - tma->oldest >= WAITING_MAX)
		tma_wait(tma, ~0ull >> 1);
	waiting = tma_put(tma, type, parts, count, PATIENCE);
	ret_reply->reason = tma->dead ? TSEM_REASON_dead : TSEM_REASON_unsent;
	if (!waiting)
		return reply_error(ret_reply, what, error);
	ret_reply->reason = 0;
	waiting->reply = ret_reply;
	tsem_tma_turn(tma);
	while (!ret_reply->done)
		tma_wait(tma, ~0ull >> 1);
	if (!ret_reply->reason && ret_reply->payload.failed)
		ret_reply->reason = TSEM_REASON_unsent;
	if (!ret_reply->reason)
		return 0;
	r = reply_error(ret_reply, what, error);
	tsem_buffer_deinit(&ret_reply->payload);
	return r;
}

/* For answers of one size. */
static int ask_fixed(struct tsem_tma *tma, unsigned type, const struct frame_part *parts, unsigned count,
		     const char *what, void *ret_answer, size_t size, struct tsem_error *error)
{
	struct reply reply;
	int r = tma_ask(tma, type, parts, count, what, &reply, error);

	if (r)
		return r;
	if (reply.payload.size != size)
		r = tsem_error_set(error, EPROTO, "the modeling agent did not %s: %s", what,
				   tsem_reason_text(TSEM_REASON_garbled));
	else if (size)
		memcpy(ret_answer, reply.payload.data, size);
	tsem_buffer_deinit(&reply.payload);
	return r;
}

/* ---- connecting ---- */

static int greet(struct tsem_tma *tma, struct tsem_error *error)
{
	struct tsem_tma_hello hello = {
		.version_least = TSEM_TMA_VERSION,
		.version_most = TSEM_TMA_VERSION,
		.window = TSEM_TMA_WINDOW_MAX,
		.payload_max = TSEM_TMA_PAYLOAD_MAX,
		.name = "tsem",
	};
	struct frame_part part = {&hello, sizeof(hello)};
	struct tsem_tma_greeting greeting;
	int r;

	tma_random(tma, hello.nonce, sizeof(hello.nonce));
	r = ask_fixed(tma, TSEM_TMA_HELLO, &part, 1, "greet", &greeting, sizeof(greeting), error);
	if (r)
		return r;
	if (memcmp(greeting.nonce, hello.nonce, sizeof(hello.nonce)) != 0 || greeting.version != TSEM_TMA_VERSION ||
	    !greeting.window || greeting.payload_max < TSEM_TMA_PAYLOAD_MIN)
		return tsem_error_set(error, EPROTO,
				      "the modeling agent did not greet as version %u of the protocol says",
				      TSEM_TMA_VERSION);
	greeting.name[TSEM_NAME_MAX - 1] = 0;
	tma->greeting = greeting;
	if (tma->greeting.payload_max > TSEM_TMA_PAYLOAD_MAX)
		tma->greeting.payload_max = TSEM_TMA_PAYLOAD_MAX;
	tma->window = greeting.window < TSEM_TMA_WINDOW_MAX ? greeting.window : TSEM_TMA_WINDOW_MAX;
	return 0;
}

static void destroy(struct tsem_tma *tma)
{
	transport_close(&tma->link);
	for (unsigned i = 0; tma->waiting && i < WAITING_MAX; i++)
		free(tma->waiting[i].frame);
	tsem_buffer_deinit(&tma->out);
	free(tma->waiting);
	free(tma->in);
	free(tma);
}

static struct tsem_tma *make(bool lossy, unsigned deadline_ms)
{
	struct tsem_tma *tma = calloc(1, sizeof(*tma));

	if (!tma)
		return NULL;
	tma->link = TRANSPORT_LINK_NONE;
	tma->waiting = calloc(WAITING_MAX, sizeof(*tma->waiting));
	tma->in = malloc(IN_SIZE);
	tma->lossy = lossy;
	tma->deadline = deadline_ms;
	tma->oldest = tma->next_send = tma->next = 1;
	tma->next_check = ~0ull;
	tma->window = 1;
	tma->greeting.payload_max = TSEM_TMA_HELLO_MAX;
	while (!tma->session)
		tma_random(tma, &tma->session, sizeof(tma->session));
	tma->reader = (struct frame_reader){.session = tma->session, .payload_max = TSEM_TMA_PAYLOAD_MAX};
	if (tma->waiting && tma->in)
		return tma;
	destroy(tma);
	return NULL;
}

int tsem_tma_connect(const char *address, unsigned deadline_ms, struct tsem_tma **ret_tma, struct tsem_error *error)
{
	const char *rest;
	const struct transport *transport = transport_find(address, &rest, error);
	struct tsem_tma *tma;
	int r;

	if (!transport)
		return -EINVAL;
	tma = make(transport->lossy, deadline_ms);
	if (!tma)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = transport->connect(rest, deadline_ms, &tma->link, error);
	if (!r)
		r = greet(tma, error);
	if (r)
		destroy(tma);
	else
		*ret_tma = tma;
	return r;
}

void tsem_tma_close(struct tsem_tma *tma)
{
	struct waiting *bye;

	if (!tma)
		return;
	tma_end_all(tma, TSEM_REASON_dead);
	bye = tma_put(tma, TSEM_TMA_BYE, NULL, 0, 1);
	if (bye)
		tsem_tma_turn(tma);
	destroy(tma);
}

const struct tsem_tma_greeting *tsem_tma_greeted(const struct tsem_tma *tma)
{
	return &tma->greeting;
}

/* ---- namespaces ---- */

int tsem_tma_create(struct tsem_tma *tma, const struct tsem_tma_create *create, struct tsem_tma_created *ret_created,
		    struct tsem_error *error)
{
	struct frame_part part = {create, sizeof(*create)};
	struct tsem_tma_created created;
	int r = ask_fixed(tma, TSEM_TMA_CREATE, &part, 1, "make a namespace", &created, sizeof(created), error);

	if (!r && (created.namespace_id != create->namespace_id || created.hash_size > TSEM_HASH_SIZE_MAX))
		return tsem_error_set(error, EPROTO, "the modeling agent created another namespace than requested");
	if (!r)
		*ret_created = created;
	return r;
}

static int ask_done(struct tsem_tma *tma, unsigned type, const struct frame_part *parts, unsigned count,
		    const char *what, struct tsem_error *error)
{
	struct tsem_tma_done done;
	int r = ask_fixed(tma, type, parts, count, what, &done, sizeof(done), error);

	if (!r && memcmp(&done.namespace_id, parts[0].bytes, sizeof(done.namespace_id)) != 0)
		return tsem_error_set(error, EPROTO, "the modeling agent did not %s: it answered for another namespace",
				      what);
	return r;
}

static int ask_select(struct tsem_tma *tma, unsigned type, tsem_u32 namespace_id, const char *what,
		      struct tsem_error *error)
{
	struct tsem_tma_select select = {namespace_id, 0};
	struct frame_part part = {&select, sizeof(select)};

	return ask_done(tma, type, &part, 1, what, error);
}

int tsem_tma_destroy(struct tsem_tma *tma, tsem_u32 namespace_id, struct tsem_error *error)
{
	return ask_select(tma, TSEM_TMA_DESTROY, namespace_id, "end the namespace", error);
}

int tsem_tma_seal(struct tsem_tma *tma, tsem_u32 namespace_id, bool enforce, struct tsem_error *error)
{
	return ask_select(tma, enforce ? TSEM_TMA_ENFORCE : TSEM_TMA_SEAL, namespace_id, "seal the model", error);
}

int tsem_tma_set(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned type, const void *digest, tsem_u32 size,
		 struct tsem_error *error)
{
	struct tsem_tma_digest head = {namespace_id, size};
	struct frame_part parts[2] = {{&head, sizeof(head)}, {digest, size}};
	const char *what = type == TSEM_TMA_BASE      ? "take the base nonce" :
			   type == TSEM_TMA_AGGREGATE ? "take the aggregate" :
							"take the pseudonym";

	return ask_done(tma, type, parts, 2, what, error);
}

/* ---- models ---- */

static int load_coefficients(struct tsem_tma *tma, tsem_u32 namespace_id, const struct tsem_set *set,
			     struct tsem_error *error)
{
	size_t most = (tma->greeting.payload_max - sizeof(struct tsem_tma_model)) / TSEM_DIGEST_SIZE;
	tsem_u8(*digests)[TSEM_DIGEST_SIZE] = malloc(most * sizeof(*digests));
	int r = digests ? 0 : tsem_error_set(error, ENOMEM, "out of memory");

	for (size_t at = 0; at < set->count && !r;) {
		struct tsem_tma_model model = {namespace_id, TSEM_TMA_COEFFICIENTS, 0, 0};

		for (; model.count < most && at < set->count; at++)
			memcpy(digests[model.count++], set->entries[at].coefficient, TSEM_DIGEST_SIZE);
		r = ask_done(tma, TSEM_TMA_MODEL,
			     (struct frame_part[]){{&model, sizeof(model)}, {digests, model.count * TSEM_DIGEST_SIZE}},
			     2, "take the model", error);
	}
	free(digests);
	return r;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static int load_record(struct tsem_tma *tma, tsem_u32 namespace_id, const struct tsem_entry *entry,
		       struct tsem_error *error)
{
	struct tsem_tma_model model = {namespace_id, TSEM_TMA_RECORD, 1, 0};

	if (!entry->record)
		return tsem_error_set(
			error, EINVAL,
			"the model has coefficients without their events, and can be used with its own digest function only");
	return ask_done(tma, TSEM_TMA_MODEL,
			(struct frame_part[]){{&model, sizeof(model)}, {entry->record, entry->record->size}}, 2,
			"take an event of the model", error);
}

/* In the order of the trajectory, because the identity of a program depends on the program that started it. */
static int load_records(struct tsem_tma *tma, tsem_u32 namespace_id, const struct tsem_set *set,
			struct tsem_error *error)
{
	const struct tsem_entry **sorted = calloc(set->count + 1, sizeof(*sorted));
	int r = sorted ? 0 : tsem_error_set(error, ENOMEM, "out of memory");

	for (size_t i = 0; i < set->count && !r; i++)
		sorted[i] = &set->entries[i];
	if (!r)
		qsort(sorted, set->count, sizeof(*sorted), compare_numbers);
	for (size_t i = 0; i < set->count && !r; i++)
		r = load_record(tma, namespace_id, sorted[i], error);
	free(sorted);
	return r;
}

int tsem_tma_load(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned hash, const struct tsem_model *model,
		  struct tsem_error *error)
{
	return hash == TSEM_HASH_sha256 ? load_coefficients(tma, namespace_id, &model->set, error) :
					  load_records(tma, namespace_id, &model->set, error);
}

/* ---- showing ---- */

struct chunk {
	struct tsem_tma_shown shown;
	const tsem_u8 *at, *end;
	unsigned part;
	tsem_u32 hash_size;
};

static const void *take_bytes(struct chunk *chunk, size_t size)
{
	const tsem_u8 *at = chunk->at;

	if ((size_t)(chunk->end - at) < size)
		return NULL;
	chunk->at += size;
	return at;
}

/* A copy, because a record has to lie aligned. */
static int show_record(const struct tsem_tma_item *item, const void *bytes, tsem_item_fn fn, void *context,
		       struct tsem_error *error)
{
	struct tsem_record *record = item->size ? malloc(item->size) : NULL;
	int r;

	if (item->size && !record)
		return tsem_error_set(error, ENOMEM, "out of memory");
	if (record)
		memcpy(record, bytes, item->size);
	r = record ? tsem_record_check(record, item->size, error) : 0;
	if (!r)
		r = fn(context, item, NULL, record);
	free(record);
	return r;
}

static int show_item(struct chunk *chunk, tsem_item_fn fn, void *context, struct tsem_error *error)
{
	bool records = chunk->part == TSEM_TMA_TRAJECTORY || chunk->part == TSEM_TMA_FORENSICS;
	struct tsem_tma_item item = {0};
	const void *bytes;

	if (chunk->part != TSEM_TMA_POINTS) {
		bytes = take_bytes(chunk, sizeof(item));
		if (bytes)
			memcpy(&item, bytes, sizeof(item));
		else
			item.size = ~0u;
	}
	if (item.size > sizeof(struct tsem_record) + TSEM_CELL_MAX || (!records && item.size))
		return tsem_error_set(error, EPROTO, "the modeling agent returned something that is not an event");
	bytes = take_bytes(chunk, records ? (item.size + 7) & ~7u : chunk->hash_size);
	if (!bytes)
		return tsem_error_set(error, EPROTO, "the modeling agent returned less than it announced");
	return records ? show_record(&item, bytes, fn, context, error) : fn(context, &item, bytes, NULL);
}

static int ask_show(struct tsem_tma *tma, const struct tsem_tma_show *show, struct chunk *ret_chunk,
		    struct reply *ret_reply, struct tsem_error *error)
{
	struct frame_part part = {show, sizeof(*show)};
	int r = tma_ask(tma, TSEM_TMA_SHOW, &part, 1, "show it", ret_reply, error);

	if (r)
		return r;
	ret_chunk->at = (const tsem_u8 *)ret_reply->payload.data;
	ret_chunk->end = ret_chunk->at + ret_reply->payload.size;
	if (ret_reply->payload.size >= sizeof(ret_chunk->shown)) {
		memcpy(&ret_chunk->shown, take_bytes(ret_chunk, sizeof(ret_chunk->shown)), sizeof(ret_chunk->shown));
		if (ret_chunk->shown.part == show->part && ret_chunk->shown.namespace_id == show->namespace_id &&
		    (ret_chunk->shown.cursor > show->cursor || !show->cursor))
			return 0;
	}
	tsem_buffer_deinit(&ret_reply->payload);
	return tsem_error_set(error, EPROTO, "the modeling agent returned another part than requested");
}

/* The digest size of a namespace is that of its state. */
static int hash_size(struct tsem_tma *tma, tsem_u32 namespace_id, tsem_u32 *ret_size, struct tsem_error *error)
{
	tsem_u8 digest[TSEM_HASH_SIZE_MAX];

	return tsem_tma_value(tma, namespace_id, TSEM_TMA_MEASUREMENT, digest, sizeof(digest), ret_size, error);
}

int tsem_tma_show(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned part, tsem_item_fn fn, void *context,
		  struct tsem_error *error)
{
	struct tsem_tma_show show = {namespace_id, part, 0};
	struct chunk chunk = {.part = part};
	struct reply reply;
	int r = hash_size(tma, namespace_id, &chunk.hash_size, error);

	while (!r && show.cursor != TSEM_TMA_END) {
		r = ask_show(tma, &show, &chunk, &reply, error);
		if (r)
			return r;
		for (tsem_u32 i = 0; i < chunk.shown.count && !r; i++)
			r = show_item(&chunk, fn, context, error);
		if (!r && !chunk.shown.count && chunk.shown.cursor != TSEM_TMA_END)
			r = tsem_error_set(error, EPROTO,
					   "the modeling agent returned nothing, but says that there is more");
		show.cursor = chunk.shown.cursor;
		tsem_buffer_deinit(&reply.payload);
	}
	return r;
}

int tsem_tma_value(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned part, void *ret_value, tsem_u32 room,
		   tsem_u32 *ret_size, struct tsem_error *error)
{
	struct tsem_tma_show show = {namespace_id, part, 0};
	struct chunk chunk;
	struct reply reply;
	int r = ask_show(tma, &show, &chunk, &reply, error);
	tsem_u32 size;

	if (r)
		return r;
	size = chunk.end - chunk.at;
	if (chunk.shown.count != 1 || !size || size > room) {
		r = tsem_error_set(error, EPROTO, "the modeling agent returned a value of %u bytes", size);
	} else {
		memcpy(ret_value, chunk.at, size);
		*ret_size = size;
	}
	tsem_buffer_deinit(&reply.payload);
	return r;
}
