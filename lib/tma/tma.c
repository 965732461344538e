/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A request goes into a ring of slots by its sequence, is sent when the agent's window has room, and ends once: by its
 * answer, by its deadline, or when the connection fails. An event is untrusted unless a good answer ends it.
 */
#include "tma.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define IN_SIZE (2 * (TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD))
#define OUT_ENOUGH (64u << 10) /* no more is gathered for one write */
#define IDLE_MS 100 /* a frame on a lossy line that does not progress for this long was cut */
#define REPEAT_MS 150 /* an answer from a lossy line that takes longer was lost */

tsem_u64 tma_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

void tma_random(struct tsem_tma *tma, void *ret_bytes, size_t size)
{
	size_t got;

	if (tma->random_left < size) {
		for (got = 0; got < sizeof(tma->random);) {
			ssize_t r = getrandom(tma->random + got, sizeof(tma->random) - got, 0);

			got += r > 0 ? r : 0;
		}
		tma->random_left = sizeof(tma->random);
	}
	tma->random_left -= size;
	memcpy(ret_bytes, tma->random + tma->random_left, size);
	memset(tma->random + tma->random_left, 0, size);
}

static struct waiting *place_of(const struct tsem_tma *tma, tsem_u32 sequence)
{
	return &tma->waiting[sequence % WAITING_MAX];
}

/* ---- putting ---- */

struct waiting *tma_put(struct tsem_tma *tma, unsigned type, const struct frame_part *parts, unsigned count,
			unsigned patience)
{
	struct frame frame = {.type = type, .session = tma->session, .sequence = tma->next};
	struct waiting *waiting = place_of(tma, tma->next);
	tsem_u32 size = TSEM_TMA_OVERHEAD;
	tsem_u64 now = tma_now();

	for (unsigned i = 0; i < count; i++)
		size += parts[i].size;
	if (tma->dead || tma->next - tma->oldest >= WAITING_MAX || size > tma->greeting.payload_max + TSEM_TMA_OVERHEAD)
		return NULL;
	memset(waiting, 0, sizeof(*waiting));
	waiting->frame = malloc(size);
	if (!waiting->frame)
		return NULL;
	waiting->size = frame_write(&frame, parts, count, waiting->frame, size);
	waiting->sequence = tma->next++;
	waiting->used = 1;
	waiting->type = type;
	waiting->deadline = now + (tsem_u64)tma->deadline * patience;
	waiting->pause = REPEAT_MS;
	if (waiting->deadline < tma->next_check)
		tma->next_check = waiting->deadline;
	return waiting;
}

/* ---- ending ---- */

static void end_waiting(struct tsem_tma *tma, struct waiting *waiting, const struct tsem_verdict *verdict)
{
	struct waiting ended = *waiting;

	free(waiting->frame);
	waiting->frame = NULL;
	waiting->used = 0;
	while (tma->oldest != tma->next && !place_of(tma, tma->oldest)->used) {
		if (tma->oldest == tma->next_send)
			tma->next_send++;
		tma->oldest++;
	}
	/* Last, because it may put the next one. */
	if (ended.fn)
		ended.fn(ended.context, verdict);
	else if (ended.reply)
		ended.reply->done = true;
}

static void end_without(struct tsem_tma *tma, struct waiting *waiting, unsigned reason)
{
	struct tsem_verdict verdict = {.trusted = false, .reason = reason};

	if (waiting->reply)
		waiting->reply->reason = reason;
	end_waiting(tma, waiting, &verdict);
}

void tma_end_all(struct tsem_tma *tma, unsigned reason)
{
	tsem_u32 last = tma->next;

	for (tsem_u32 sequence = tma->oldest; sequence != last; sequence++)
		if (place_of(tma, sequence)->used && place_of(tma, sequence)->sequence == sequence)
			end_without(tma, place_of(tma, sequence), reason);
}

/* Permanently: the agent's state is gone with it, and a new agent has not seen what the old one saw. */
static void mark_dead(struct tsem_tma *tma)
{
	tma->dead = true;
	tma_end_all(tma, TSEM_REASON_dead);
}

/* ---- answers ---- */

/* Accepts a verdict only if it is exactly one about this event. */
static void take_verdict(const struct waiting *waiting, const struct frame *frame, struct tsem_verdict *ret_verdict)
{
	struct tsem_tma_verdict verdict;

	*ret_verdict = (struct tsem_verdict){.trusted = false, .reason = TSEM_REASON_garbled};
	if (frame->type == TSEM_TMA_ERROR)
		ret_verdict->reason = TSEM_REASON_refused;
	if (frame->type != (TSEM_TMA_EVENT | TSEM_TMA_ANSWER) || frame->size < sizeof(verdict))
		return;
	memcpy(&verdict, frame->payload, sizeof(verdict));
	if (verdict.namespace_id != waiting->namespace_id ||
	    memcmp(verdict.ticket, waiting->ticket, TSEM_TMA_TICKET_SIZE) != 0 ||
	    (verdict.verdict != TSEM_TMA_TRUSTED && verdict.verdict != TSEM_TMA_UNTRUSTED) ||
	    verdict.flags & ~TSEM_TMA_SAME || verdict.reserved || !verdict.reason ||
	    verdict.reason >= TSEM_REASON_LOCAL || verdict.size > TSEM_HASH_SIZE_MAX ||
	    frame->size != sizeof(verdict) + verdict.size)
		return;
	ret_verdict->trusted = verdict.verdict == TSEM_TMA_TRUSTED;
	ret_verdict->same = verdict.flags & TSEM_TMA_SAME;
	ret_verdict->reason = verdict.reason;
	ret_verdict->size = verdict.size;
	memcpy(ret_verdict->coefficient, frame->payload + sizeof(verdict), verdict.size);
}

static void take_reply(const struct waiting *waiting, const struct frame *frame)
{
	struct reply *reply = waiting->reply;
	struct tsem_tma_fault fault;

	if (frame->type == TSEM_TMA_ERROR && frame->size == sizeof(fault)) {
		memcpy(&fault, frame->payload, sizeof(fault));
		reply->reason = TSEM_REASON_refused;
		reply->fault = fault.code;
	} else if (frame->type != (waiting->type | TSEM_TMA_ANSWER)) {
		reply->reason = TSEM_REASON_garbled;
	} else {
		tsem_buffer_add(&reply->payload, frame->payload, frame->size);
	}
}

static void take_answer(struct tsem_tma *tma, const struct frame *frame)
{
	struct waiting *waiting = place_of(tma, frame->sequence);
	struct tsem_verdict verdict;

	/* Late, or for something that was never asked. */
	if (!waiting->used || waiting->sequence != frame->sequence ||
	    frame->sequence - tma->oldest >= tma->next_send - tma->oldest) {
		tma->stray++;
		return;
	}
	if (waiting->type != TSEM_TMA_EVENT) {
		if (waiting->reply) /* no caller waits for the answer to BYE */
			take_reply(waiting, frame);
		end_waiting(tma, waiting, NULL);
		return;
	}
	take_verdict(waiting, frame, &verdict);
	end_waiting(tma, waiting, &verdict);
}

static void take_frames(struct tsem_tma *tma, bool idle)
{
	struct frame frame;
	tsem_u32 used;
	int found;

	do {
		found = frame_read(&tma->reader, tma->in + tma->in_at, tma->in_size - tma->in_at, idle, &frame, &used);
		tma->in_at += used;
		if (found)
			take_answer(tma, &frame);
	} while (found);
	memmove(tma->in, tma->in + tma->in_at, tma->in_size - tma->in_at);
	tma->in_size -= tma->in_at;
	tma->in_at = 0;
}

static void receive(struct tsem_tma *tma, tsem_u64 now)
{
	for (int turns = 0; turns < 16; turns++) {
		ssize_t got = read(tma->link.in, tma->in + tma->in_size, IN_SIZE - tma->in_size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) {
			mark_dead(tma);
			return;
		}
		tma->in_size += got;
		tma->heard = now;
		take_frames(tma, false);
		if ((size_t)got < IN_SIZE / 4)
			break;
	}
	if (tma->lossy && tma->in_size && now - tma->heard >= IDLE_MS)
		take_frames(tma, true);
}

/* ---- sending ---- */

/* Sends as much as the window allows. A line that loses nothing needs no copy of a sent frame. */
static void gather(struct tsem_tma *tma, tsem_u64 now)
{
	while (tma->next_send != tma->next && tma->next_send - tma->oldest < tma->window &&
	       tma->out.size - tma->out_at < OUT_ENOUGH) {
		struct waiting *waiting = place_of(tma, tma->next_send++);

		if (!waiting->used)
			continue;
		tsem_buffer_add(&tma->out, waiting->frame, waiting->size);
		if (tma->lossy) {
			waiting->repeat = now + waiting->pause;
			if (waiting->repeat < tma->next_check)
				tma->next_check = waiting->repeat;
		} else {
			free(waiting->frame);
			waiting->frame = NULL;
		}
	}
}

/* Sends and receives with a peer that answers at once. */
static bool exchange(struct tsem_tma *tma)
{
	while (tma->out_at < tma->out.size) {
		const tsem_u8 *bytes = (const tsem_u8 *)tma->out.data + tma->out_at;
		tsem_u32 size = 0, used = tma->link.peer->exchange(tma->link.peer, bytes, tma->out.size - tma->out_at,
								   tma->in + tma->in_size, &size);

		tma->out_at += used;
		tma->in_size += size;
		take_frames(tma, false);
		if (!used) {
			mark_dead(tma);
			return false;
		}
	}
	tma->out.size = tma->out_at = 0;
	return true;
}

static bool flush(struct tsem_tma *tma)
{
	if (tma->link.peer)
		return exchange(tma);
	while (tma->out_at < tma->out.size) {
		ssize_t put = write(tma->link.out, tma->out.data + tma->out_at, tma->out.size - tma->out_at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return false;
		if (put < 0) {
			mark_dead(tma);
			return false;
		}
		tma->out_at += put;
	}
	tma->out.size = tma->out_at = 0;
	return true;
}

static void repeat(struct tsem_tma *tma, struct waiting *waiting, tsem_u64 now)
{
	tsem_buffer_add(&tma->out, waiting->frame, waiting->size);
	waiting->pause *= 2;
	waiting->repeat = now + waiting->pause;
	tma->repeated++;
}

/* Ends late requests, repeats lost ones, and records when to check again. */
static void check_deadlines(struct tsem_tma *tma, tsem_u64 now)
{
	tsem_u32 last = tma->next;

	if (now < tma->next_check)
		return;
	tma->next_check = ~0ull;
	for (tsem_u32 sequence = tma->oldest; sequence != last; sequence++) {
		struct waiting *waiting = place_of(tma, sequence);

		if (!waiting->used || waiting->sequence != sequence)
			continue;
		if (now >= waiting->deadline) {
			end_without(tma, waiting, TSEM_REASON_late);
			continue;
		}
		if (waiting->repeat && now >= waiting->repeat && tma->out.size == tma->out_at)
			repeat(tma, waiting, now);
		if (waiting->repeat && waiting->repeat < tma->next_check)
			tma->next_check = waiting->repeat > now ? waiting->repeat : now + 1;
		if (waiting->deadline < tma->next_check)
			tma->next_check = waiting->deadline;
	}
}

int tsem_tma_turn(struct tsem_tma *tma)
{
	tsem_u64 now = tma_now();

	if (!tma->dead && !tma->link.peer)
		receive(tma, now);
	check_deadlines(tma, now);
	do
		gather(tma, now);
	while (!tma->dead && flush(tma) && tma->next_send != tma->next && tma->next_send - tma->oldest < tma->window);
	if (tma->out.failed)
		mark_dead(tma);
	return tma->dead ? -EPIPE : 0;
}

int tsem_tma_poll(const struct tsem_tma *tma, struct pollfd *ret_fds, int *ret_timeout)
{
	tsem_u64 now = tma_now(), until = tma->next_check;
	bool sends = tma->out.size > tma->out_at;

	if (tma->lossy && tma->in_size && now + IDLE_MS < until)
		until = now + IDLE_MS;
	if (tma->next_send != tma->next && tma->next_send - tma->oldest < tma->window && !sends)
		until = now; /* something can be sent at once */
	*ret_timeout = until == ~0ull ? -1 : until <= now ? 0 : until - now > 60000 ? 60000 : (int)(until - now);
	ret_fds[0] = (struct pollfd){.fd = tma->link.in, .events = POLLIN};
	ret_fds[1] = (struct pollfd){.fd = tma->link.out, .events = POLLOUT};
	if (tma->link.in == tma->link.out && sends)
		ret_fds[0].events |= POLLOUT;
	return tma->link.in != tma->link.out && sends ? 2 : 1;
}

void tma_wait(struct tsem_tma *tma, tsem_u64 until)
{
	struct pollfd fds[2];
	int timeout, count = tsem_tma_poll(tma, fds, &timeout);
	tsem_u64 now = tma_now(), left = until > now ? until - now : 0;

	if (timeout < 0 || (tsem_u64)timeout > left)
		timeout = left;
	if (!tma->dead)
		poll(fds, count, timeout);
	tsem_tma_turn(tma);
}

void tsem_tma_line(const struct tsem_tma *tma, struct tsem_tma_line *ret_line)
{
	*ret_line = (struct tsem_tma_line){tma->reader.skipped, tma->repeated, tma->stray, tma->lossy};
}

void tsem_tma_hurry(struct tsem_tma *tma, unsigned deadline_ms)
{
	tma->deadline = deadline_ms;
}

/* ---- events ---- */

int tsem_tma_submit(struct tsem_tma *tma, tsem_u32 namespace_id, tsem_u32 flags, const struct tsem_record *record,
		    tsem_verdict_fn fn, void *context)
{
	struct tsem_verdict unsent = {.trusted = false, .reason = tma->dead ? TSEM_REASON_dead : TSEM_REASON_unsent};
	struct tsem_tma_event event = {.namespace_id = namespace_id, .flags = flags};
	struct frame_part parts[2] = {{&event, sizeof(event)}, {record, record->size}};
	struct waiting *waiting;

	if (!tma->dead && tma->next - tma->oldest >= WAITING_MAX)
		return -EAGAIN;
	tma_random(tma, event.ticket, sizeof(event.ticket));
	waiting = tma_put(tma, TSEM_TMA_EVENT, parts, 2, 1);
	if (!waiting) {
		fn(context, &unsent);
		return 0;
	}
	waiting->namespace_id = namespace_id;
	memcpy(waiting->ticket, event.ticket, sizeof(event.ticket));
	waiting->fn = fn;
	waiting->context = context;
	return 0;
}

struct awaited {
	bool done;
	struct tsem_verdict *verdict;
};

static void take_awaited(void *context, const struct tsem_verdict *verdict)
{
	struct awaited *awaited = context;

	*awaited->verdict = *verdict;
	awaited->done = true;
}

void tsem_tma_event(struct tsem_tma *tma, tsem_u32 namespace_id, const struct tsem_record *record,
		    struct tsem_verdict *ret_verdict)
{
	struct awaited awaited = {false, ret_verdict};
	tsem_u64 until = tma_now() + tma->deadline;

	*ret_verdict = (struct tsem_verdict){.trusted = false, .reason = TSEM_REASON_late};
	while (tsem_tma_submit(tma, namespace_id, 0, record, take_awaited, &awaited) == -EAGAIN) {
		if (tma_now() >= until)
			return;
		tma_wait(tma, until);
	}
	tsem_tma_turn(tma);
	while (!awaited.done)
		tma_wait(tma, ~0ull >> 1); /* its own deadline ends it */
}
