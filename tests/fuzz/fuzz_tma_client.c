/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whatever comes from an agent: an event is trusted only if its own, whole
 * answer says so. The first byte of each piece of the input says what is right
 * about the frame that is made of it.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../lib/tma/tma.h"
#include "fuzz.h"

enum {
	RAW = 1,
	OTHER_SEQUENCE = 2,
	OTHER_TICKET = 4,
	OTHER_NAMESPACE = 8,
	OTHER_TYPE = 16,
	OTHER_VERDICT = 32,
	OTHER_SESSION = 64
};

struct expectation {
	tsem_u8 ticket[TSEM_TMA_TICKET_SIZE];
	tsem_u32 sequence;
	unsigned ended;
	bool trusted;
};

static void take(void *context, const struct tsem_verdict *verdict)
{
	struct expectation *expectation = context;

	MUST(!expectation->ended++);
	expectation->trusted = verdict->trusted;
	MUST(!verdict->trusted || verdict->reason < TSEM_REASON_LOCAL);
}

/* A client that has greeted, without anybody to greet. Its large pieces are used again. */
static struct tsem_tma *make_client(int line)
{
	static struct waiting waiting[WAITING_MAX];
	static tsem_u8 in[2 * (TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD)];
	static struct tsem_tma client, *tma = &client;

	tsem_buffer_deinit(&client.out);
	client = (struct tsem_tma){.waiting = waiting, .in = in};
	tma->link = (struct transport_link){line, line, NULL};
	tma->deadline = 60000;
	tma->oldest = tma->next_send = tma->next = 1;
	tma->next_check = ~0ull;
	tma->window = TSEM_TMA_WINDOW_MAX;
	tma->greeting.payload_max = TSEM_TMA_PAYLOAD_MAX;
	tma->session = 0x1122334455667788;
	tma->reader = (struct frame_reader){.session = tma->session, .payload_max = TSEM_TMA_PAYLOAD_MAX};
	return tma;
}

static bool put_frame(const struct tsem_tma *tma, int line, tsem_u32 sequence, const struct expectation *right,
		      tsem_u8 what, const uint8_t *bytes, tsem_u32 size)
{
	static tsem_u8 frame_bytes[TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD];
	struct frame frame = {TSEM_TMA_EVENT | TSEM_TMA_ANSWER, tma->session, sequence, 0, 0, NULL};
	struct tsem_tma_verdict verdict = {0};
	struct frame_part parts[2] = {{&verdict, sizeof(verdict)}, {bytes, 0}};

	if (what & RAW)
		return write(line, bytes, size) < 0;
	memcpy(&verdict, bytes, size < sizeof(verdict) ? size : sizeof(verdict));
	if (size > sizeof(verdict))
		parts[1] = (struct frame_part){bytes + sizeof(verdict), size - sizeof(verdict)};
	frame.sequence += what & OTHER_SEQUENCE ? 1 : 0;
	frame.session ^= what & OTHER_SESSION ? 1 : 0;
	if (what & OTHER_TYPE)
		frame.type = verdict.flags;
	if (!(what & OTHER_TICKET))
		memcpy(verdict.ticket, right->ticket, sizeof(verdict.ticket));
	if (!(what & OTHER_NAMESPACE))
		verdict.namespace_id = 7;
	if (!(what & OTHER_VERDICT))
		verdict.verdict = TSEM_TMA_TRUSTED;
	size = frame_write(&frame, parts, 2, frame_bytes, sizeof(frame_bytes));
	if (write(line, frame_bytes, size) < 0)
		return false;
	return !(what & (OTHER_SEQUENCE | OTHER_SESSION)) && frame.type == (TSEM_TMA_EVENT | TSEM_TMA_ANSWER) &&
	       !memcmp(verdict.ticket, right->ticket, sizeof(verdict.ticket)) && verdict.namespace_id == 7 &&
	       verdict.verdict == TSEM_TMA_TRUSTED && !(verdict.flags & ~TSEM_TMA_SAME) && !verdict.reserved;
}

static void one_event(struct tsem_tma *tma, int line, const uint8_t *bytes, size_t size)
{
	struct tsem_record record = {.size = sizeof(record),
				     .version = TSEM_RECORD_VERSION,
				     .event = TSEM_EVENT_uring_sqpoll};
	struct expectation expectation = {.sequence = tma->next};
	bool right;

	MUST(!tsem_tma_submit(tma, 7, 0, &record, take, &expectation));
	memcpy(expectation.ticket, tma->waiting[expectation.sequence % WAITING_MAX].ticket, sizeof(expectation.ticket));
	tsem_tma_turn(tma);
	right = put_frame(tma, line, expectation.sequence, &expectation, bytes[0], bytes + 1, size - 1);
	tsem_tma_turn(tma);
	tma_end_all(tma, TSEM_REASON_late);
	MUST(expectation.ended == 1);
	MUST(!expectation.trusted || right || bytes[0] & RAW);
}

static int ignore(void *context, const struct tsem_tma_item *item, const tsem_u8 *coefficient,
		  const struct tsem_record *record)
{
	(void)context;
	MUST(!record || item->size == record->size);
	MUST(!coefficient || !record);
	return 0;
}

/* What the agent says next, whenever the client begins to wait: there is no second thread. */
static tsem_u8 answers[2][TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD];
static tsem_u32 answer_sizes[2], answered;
static int answer_line;

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	(void)timeout;
	if (answered == 2 ? shutdown(answer_line, SHUT_RDWR) < 0 :
			    answered < 2 && write(answer_line, answers[answered], answer_sizes[answered]) < 0)
		return -1;
	answered++;
	return 1;
}

/* First the measurement, which says how large digests are. */
static void one_show(struct tsem_tma *tma, int line, const uint8_t *bytes, size_t size)
{
	struct tsem_tma_shown shown = {7, TSEM_TMA_MEASUREMENT, TSEM_TMA_END, 1, 0};
	struct frame frame = {TSEM_TMA_SHOW | TSEM_TMA_ANSWER, tma->session, tma->next, 0, 0, NULL};
	struct frame_part parts[2] = {{&shown, sizeof(shown)}, {"0123456789abcdef0123456789abcdef", 32}};
	struct tsem_error error;

	answer_line = line;
	answered = 0;
	answer_sizes[0] = frame_write(&frame, parts, 2, answers[0], sizeof(answers[0]));
	frame.sequence++;
	shown.part = 1 + bytes[0] % 4;
	shown.count = size > 1 ? bytes[1] : 0;
	shown.cursor = bytes[0] & 0x10 ? 1 : TSEM_TMA_END;
	parts[1] = (struct frame_part){bytes + 1, size > 1 ? size - 1 : 0};
	answer_sizes[1] = frame_write(&frame, parts, 2, answers[1], sizeof(answers[1]));
	tma->deadline = 100;
	tsem_tma_show(tma, 7, shown.part, ignore, NULL, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int lines[2];
	struct tsem_tma *tma;
	char sink[65536];

	if (size < 2 || size > 16000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, lines) < 0)
		return 0;
	tma = make_client(lines[0]);
	if (bytes[0] & 0x80 && bytes[0] & 0x40)
		one_show(tma, lines[1], bytes + 1, size - 1);
	else
		one_event(tma, lines[1], bytes, size);
	while (read(lines[1], sink, sizeof(sink)) > 0)
		;
	tma_end_all(tma, TSEM_REASON_dead);
	close(lines[0]);
	close(lines[1]);
	return 0;
}
