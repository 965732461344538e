/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Its standard input is a socket: four lines of settings, then the lines of a front end. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/base/ticks.h"
#include "../lib/json/members.h"
#include "confine.h"
#include "http.h"
#include "webhook.h"

#define ANSWER_MAX 65536
#define CLOSED_SECONDS 5 /* to hear that a question is over */
#define CLOSED_LEAST 1000000000ull /* ns of them, if the next question waits */
#define TRIES 4 /* of a question, if each fails at once */
#define PAUSE_MS 1000 /* before the second; twice as long before each other */
#define HELD 10000000000ull /* ns: whoever ended a request later than this had accepted it */
#define CHUNK 65536

struct process {
	char *url, *host, *authorization, *ca; /* NULL: empty */
	struct tsem_buffer in;
	size_t taken; /* bytes of it that are done with */
	tsem_u64 answered; /* the last question that was, from here */
	tsem_u64 closing; /* since when the receiver is told that one is over */
};

struct line {
	tsem_u64 question, seconds, closed;
};

struct answer {
	tsem_u64 question;
	char word[WEBHOOK_WORD_MAX];
};

/* ---- lines ---- */

/* False at the end. */
static bool read_more(struct process *p)
{
	char chunk[CHUNK];
	ssize_t size = recv(STDIN_FILENO, chunk, sizeof(chunk), 0);

	if (size > 0)
		tsem_buffer_add(&p->in, chunk, size);
	return (size > 0 || (size < 0 && errno == EINTR)) && !p->in.failed;
}

/* The next line, without its newline, until the next call. NULL at the end. */
static const char *next_line(struct process *p, size_t *ret_size)
{
	const char *end;

	if (p->taken)
		memmove(p->in.data, p->in.data + p->taken, p->in.size - p->taken);
	p->in.size -= p->taken;
	p->taken = 0;
	while (!(end = p->in.size ? memchr(p->in.data, '\n', p->in.size) : NULL))
		if (!read_more(p))
			return NULL;
	*ret_size = end - p->in.data;
	p->taken = *ret_size + 1;
	return p->in.data;
}

static bool say(const char *text)
{
	size_t size = strlen(text);

	return send(STDIN_FILENO, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* In one piece: the parent reads one line. */
static void say_why(const char *why)
{
	char line[256];
	int size = snprintf(line, sizeof(line), "%.250s\n", why);

	send(STDIN_FILENO, line, size, MSG_NOSIGNAL);
}

static bool take_settings(struct process *p)
{
	char **settings[] = {&p->url, &p->host, &p->authorization, &p->ca};
	const char *line;
	size_t size;

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		line = next_line(p, &size);
		if (!line)
			return false;
		*settings[i] = size ? strndup(line, size) : NULL;
		if (size && !*settings[i])
			return false; /* without it another receiver could be trusted, or this one not believe tsem */
	}
	return p->url && p->host;
}

/* ---- what they say ---- */

static bool read_question(struct scanner *scanner, void *context)
{
	return json_number(scanner, "question", &((struct line *)context)->question);
}

static bool read_seconds(struct scanner *scanner, void *context)
{
	return json_number(scanner, "seconds", &((struct line *)context)->seconds);
}

static bool read_closed(struct scanner *scanner, void *context)
{
	return json_number(scanner, "closed", &((struct line *)context)->closed);
}

static bool read_answered(struct scanner *scanner, void *context)
{
	return json_number(scanner, "question", &((struct answer *)context)->question);
}

static bool read_word(struct scanner *scanner, void *context)
{
	struct answer *answer = context;
	size_t size;

	if (!scan_string(scanner, (tsem_u8 *)answer->word, sizeof(answer->word) - 1, true, &size))
		return false;
	answer->word[size] = 0;
	return !memchr(answer->word, 0, size);
}

static bool parse_line(const char *text, size_t size, struct line *ret_line)
{
	static const struct json_member members[] = {{"question", read_question, false},
						     {"seconds", read_seconds, false},
						     {"closed", read_closed, false},
						     {}};
	struct scanner scanner = {.start = text, .at = text, .end = text + size};

	*ret_line = (struct line){};
	return json_members(&scanner, members, ret_line);
}

bool webhook_parse(const char *text, size_t size, tsem_u64 question, char ret_word[WEBHOOK_WORD_MAX])
{
	static const struct json_member members[] = {{"question", read_answered, false},
						     {"answer", read_word, true},
						     {}};
	struct scanner scanner = {.start = text, .at = text, .end = text + size};
	struct answer answer = {.question = question};
	bool good = size && json_members(&scanner, members, &answer) && json_end(&scanner) &&
		    answer.question == question && answer.word[0] &&
		    !answer.word[strspn(answer.word, "abcdefghijklmnopqrstuvwxyz")] &&
		    strcmp(answer.word, WEBHOOK_NOBODY) != 0;

	if (good)
		strcpy(ret_word, answer.word);
	return good;
}

/* ---- asking ---- */

/* The question may be over: somebody else has answered it. */
static bool is_over(void *context)
{
	const struct process *p = context;
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

	return p->in.size > p->taken || poll(&fd, 1, 0) > 0;
}

/* The next question waits no longer for somebody who does not hear that one is over. */
static bool is_late(void *context)
{
	const struct process *p = context;

	return ticks_now() - p->closing >= CLOSED_LEAST && is_over(context);
}

static int ask(struct process *p, const char *text, size_t size, unsigned seconds, bool (*cancel)(void *context),
	       struct http_answer *ret_answer, struct tsem_error *error)
{
	const struct http_request request = {
		.method = "POST",
		.url = p->url,
		.headers = {"Content-Type: application/json", p->authorization},
		.body = text,
		.body_size = size,
		.limit = ANSWER_MAX,
		.seconds = seconds ? seconds : 1,
		.shown = p->host,
		.direct = receiver_is_here(p->url),
		.authorities = p->ca,
		.cancel = cancel,
		.context = p,
	};

	return http_ask(&request, ret_answer, error);
}

static bool say_nobody(tsem_u64 question, const char *why)
{
	char line[WEBHOOK_WHY_MAX + 96];
	size_t size, end;

	snprintf(line, sizeof(line), "{\"question\":%llu,\"answer\":\"" WEBHOOK_NOBODY "\",\"why\":\"", question);
	size = strlen(line);
	for (end = size + WEBHOOK_WHY_MAX - 2; *why && size < end; why++) /* longer, it would not be taken for a line */
		line[size++] = *why >= ' ' && *why <= '~' && !strchr("\"\\", *why) ? *why : '?';
	memcpy(line + size, "\"}\n", 4);
	return say(line);
}

static bool say_answer(tsem_u64 question, const char *word)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"question\":%llu,\"answer\":\"%s\"}\n", question, word);
	return say(line);
}

/* -EAGAIN: what the status says may be otherwise soon. */
static int put_once(struct process *p, const char *text, size_t size, const struct line *line, unsigned seconds,
		    char ret_word[WEBHOOK_WORD_MAX], struct tsem_error *error)
{
	struct http_answer answer;
	int r = ask(p, text, size, seconds, is_over, &answer, error);

	if (!r && answer.status != 200)
		r = tsem_error_set(error, receiver_will_pass(answer.status) ? EAGAIN : EINVAL,
				   "it answers with status %u", answer.status);
	if (!r && !webhook_parse(answer.body.data, answer.body.size, line->question, ret_word))
		r = tsem_error_set(error, EINVAL, "what it answers is no answer");
	http_answer_deinit(&answer);
	return r;
}

/* False: the question is over. */
static bool pause_for(struct process *p, unsigned tries)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

	return !is_over(p) && poll(&fd, 1, PAUSE_MS << (tries ? tries - 1 : 0)) <= 0;
}

/* Whoever is between tsem and the receiver may end a request that is long, or have nobody to hand it to for a moment. */
static int put_patiently(struct process *p, const char *text, size_t size, const struct line *line,
			 char ret_word[WEBHOOK_WORD_MAX], struct tsem_error *error)
{
	tsem_u64 from = ticks_now(), until = from + line->seconds * 1000000000ull;
	unsigned tries = 0;
	bool held;
	int r;

	for (;;) {
		*error = (struct tsem_error){};
		r = put_once(p, text, size, line, (until - from) / 1000000000, ret_word, error);
		held = ticks_now() - from >= HELD;
		tries += !held;
		if ((r != -EAGAIN && (r != -EIO || !held)) || tries >= TRIES)
			return r;
		if (!pause_for(p, tries))
			return -ECANCELED;
		from = ticks_now();
		if (from >= until)
			return r;
	}
}

static bool put_question(struct process *p, const char *text, size_t size, const struct line *line)
{
	struct tsem_error error = {};
	char word[WEBHOOK_WORD_MAX];
	int r = put_patiently(p, text, size, line, word, &error);

	if (r)
		return r == -ECANCELED || say_nobody(line->question, error.text);
	p->answered = line->question;
	return say_answer(line->question, word);
}

/* What it answers to that does not matter. */
static void put_closed(struct process *p, const char *text, size_t size)
{
	struct tsem_error error = {};
	struct http_answer answer;

	p->closing = ticks_now();
	ask(p, text, size, CLOSED_SECONDS, is_late, &answer, &error);
	http_answer_deinit(&answer);
}

static bool obey(struct process *p, const char *text, size_t size)
{
	struct line line;

	if (!parse_line(text, size, &line))
		return false;
	if (line.question)
		return put_question(p, text, size, &line);
	if (line.closed && line.closed != p->answered)
		put_closed(p, text, size);
	return true;
}

int webhook_process(void)
{
	struct process *p = calloc(1, sizeof(*p));
	struct tsem_error error = {};
	const char *line;
	size_t size;

	if (!p || confine_begin(WEBHOOK_PROCESS_NAME, &error) == -ENOTSOCK || !take_settings(p))
		return 1;
	if (error.text[0] || receiver_confine(&p->ca, &error)) {
		say_why(error.text);
		return 1;
	}
	if (!say("\n"))
		return 1;
	while ((line = next_line(p, &size)))
		if (!obey(p, line, size))
			return 1;
	return 0;
}
