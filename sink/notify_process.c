/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "notify_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"
#include "http.h"
#include "notify.h"
#include "sink.h"

#define TRIES 3
#define PAUSE_MS 1000 /* before the second try; twice as long before the third */
#define SECONDS 10 /* for an answer */
#define ANSWER_MAX (1u << 20)

struct process {
	char *url, *host, *authorization, *ca;
	char packet[SINK_TEXT_MAX + 2]; /* with a NUL */
};

static int say(char word, const char *text)
{
	char packet[1 + NOTIFY_WHY_MAX];
	int size = snprintf(packet, sizeof(packet), "%c%s", word, text);

	if (size >= (int)sizeof(packet))
		size = sizeof(packet) - 1;
	return send(STDIN_FILENO, packet, size, MSG_NOSIGNAL) == size ? 0 : -EPIPE;
}

/* Without one of them another receiver could be trusted, or this one not believe tsem. */
static int keep(char **setting, const char *text, size_t size)
{
	free(*setting);
	*setting = strndup(text, size);
	return *setting ? 0 : -ENOMEM;
}

/* ---- one finding ---- */

static int judge(const struct http_answer *answer, struct tsem_error *error)
{
	if (answer->status >= 200 && answer->status < 300)
		return 0;
	if (answer->status >= 300 && answer->status < 400)
		return tsem_error_set(error, EINVAL, "it redirects (status %u), which is not followed", answer->status);
	return tsem_error_set(error, receiver_will_pass(answer->status) ? EAGAIN : EINVAL, "it answers with status %u",
			      answer->status);
}

static int try(const struct process *p, const char *text, size_t size, struct tsem_error *error)
{
	const struct http_request request = {
		.method = "POST",
		.url = p->url,
		.headers = {"Content-Type: application/json", p->authorization},
		.body = text,
		.body_size = size,
		.limit = ANSWER_MAX,
		.seconds = SECONDS,
		.shown = p->host,
		.direct = receiver_is_here(p->url),
		.authorities = p->ca,
	};
	struct http_answer answer;
	int r = http_ask(&request, &answer, error);

	if (!r)
		r = judge(&answer, error);
	else if (r != -EACCES)
		r = -EAGAIN;
	http_answer_deinit(&answer);
	return r;
}

static int post(const struct process *p, const char *text, size_t size)
{
	struct tsem_error error = {};
	int r = 0;

	for (unsigned tries = 0; tries < TRIES; tries++) {
		if (tries)
			poll(NULL, 0, PAUSE_MS << (tries - 1));
		error = (struct tsem_error){};
		r = try(p, text, size, &error);
		if (r != -EAGAIN)
			break;
	}
	return r ? say(NOTIFY_FAILED, error.text) : say(NOTIFY_POSTED, "");
}

/* ---- what the parent asks for ---- */

static int begin(struct process *p)
{
	struct tsem_error error = {};

	if (!p->url || !p->host)
		return -EBADMSG;
	if (receiver_confine(&p->ca, &error))
		return say(NOTIFY_FAILED, error.text);
	return say(NOTIFY_READY, "");
}

static int obey(struct process *p, size_t size)
{
	const char *text = p->packet + 1;

	size--;
	switch (p->packet[0]) {
	case NOTIFY_URL:
		return keep(&p->url, text, size);
	case NOTIFY_HOST:
		return keep(&p->host, text, size);
	case NOTIFY_AUTHORIZATION:
		return keep(&p->authorization, text, size);
	case NOTIFY_CA:
		return keep(&p->ca, text, size);
	case NOTIFY_BEGIN:
		return begin(p);
	case NOTIFY_FINDING:
		return p->url ? post(p, text, size) : -EBADMSG;
	default:
		return -EPIPE;
	}
}

int notify_process(void)
{
	struct process *p = calloc(1, sizeof(*p));
	struct tsem_error error = {};
	int r = p ? confine_begin(NOTIFY_PROCESS_NAME, &error) : -ENOMEM;

	if (error.text[0])
		say(NOTIFY_FAILED, error.text);
	while (!r) {
		ssize_t size = recv(STDIN_FILENO, p->packet, sizeof(p->packet) - 1, 0);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			break;
		p->packet[size] = 0;
		r = obey(p, size);
	}
	return r == -EBADMSG;
}
