/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "../../lib/ask/asker.h"
#include "../../lib/base/ticks.h"
#include "../../lib/json/members.h"
#include "../../lib/kernel/runtime.h"
#include "../front/prompt.h"
#include "../text/text.h"

#define CHUNK 65536
#define TYPED_MAX 512

struct client {
	int socket;
	bool json;
	struct tsem_buffer in; /* of the session, up to a newline */
	bool terminal; /* a person types */
	bool sent; /* an answer to the question that is shown */
	tsem_u64 open; /* the question that is shown; 0: none */
	tsem_u64 since; /* nanoseconds: when it was shown */
	bool unread; /* nobody can have read it yet */
	char typed[TYPED_MAX];
	size_t typed_size;
};

static int connect_to(struct client *c, const char *session, struct tsem_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	c->socket = -1;
	if (session_files_path(session, "ask", address.sun_path, sizeof(address.sun_path)))
		return tsem_error_set(error, ENAMETOOLONG, "no session has a name as long as %s", session);
	c->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->socket >= 0 && !connect(c->socket, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	if (errno == ENOENT || errno == ECONNREFUSED)
		return tsem_error_set(error, ENOENT,
				      "session %s asks nobody: it has ended, or was not started with tsem run --ask",
				      session);
	return tsem_error_set(error, errno, "cannot connect to session %s: %s", session, strerror(errno));
}

/* ---- from the session ---- */

struct message {
	tsem_u64 question, closed;
	char *text, *answer, *by;
};

static bool read_question(struct scanner *scanner, void *context)
{
	return json_number(scanner, "question", &((struct message *)context)->question);
}

static bool read_closed(struct scanner *scanner, void *context)
{
	return json_number(scanner, "closed", &((struct message *)context)->closed);
}

static bool read_text(struct scanner *scanner, void *context)
{
	size_t size;

	return json_text(scanner, &((struct message *)context)->text, &size);
}

static bool read_answer(struct scanner *scanner, void *context)
{
	size_t size;

	return json_text(scanner, &((struct message *)context)->answer, &size);
}

static bool read_by(struct scanner *scanner, void *context)
{
	size_t size;

	return json_text(scanner, &((struct message *)context)->by, &size);
}

/* What was typed before is no answer. No line begins with a part of a name that the workload has chosen. */
static void show(struct client *c, const struct message *m)
{
	struct tsem_buffer folded = {};

	text_fold_for(&folded, m->text, strlen(m->text), STDOUT_FILENO);
	if (folded.failed) {
		tsem_buffer_deinit(&folded);
		return;
	}
	printf("%s", folded.data);
	tsem_buffer_deinit(&folded);
	if (c->terminal)
		tcflush(STDIN_FILENO, TCIFLUSH);
	c->typed_size = 0;
	c->open = m->question;
	c->sent = false;
	c->since = ticks_now();
	c->unread = c->terminal;
}

/* Milliseconds until settle() has something to do; -1: it has nothing. */
static int wait_of(const struct client *c)
{
	return c->unread ? prompt_unread_ms(c->since) : -1;
}

/* Drops what was typed before anybody can have read the question, also the beginning of a line. Whether it did so now. */
static bool settle(struct client *c)
{
	if (wait_of(c))
		return false;
	tcflush(STDIN_FILENO, TCIFLUSH);
	c->typed_size = 0;
	c->unread = false;
	return true;
}

static void take_message(struct client *c, const char *line, size_t size)
{
	static const struct json_member members[] = {
		{"question", read_question, false}, {"closed", read_closed, false}, {"text", read_text, false},
		{"answer", read_answer, false},	    {"by", read_by, false},	    {},
	};
	struct scanner scanner = {.start = line, .at = line, .end = line + size};
	struct message m = {};

	if (json_members(&scanner, members, &m)) {
		if (m.question && m.text) {
			show(c, &m);
		} else if (m.closed && m.closed == c->open) {
			printf("\ntsem: %s, by %s\n", m.answer ? m.answer : "closed", m.by ? m.by : "nobody");
			c->open = 0;
		}
	}
	fflush(stdout);
	free(m.text);
	free(m.answer);
	free(m.by);
}

/* False at the end of the session. */
static bool take_session(struct client *c)
{
	char chunk[CHUNK], *end;
	ssize_t n = recv(c->socket, chunk, sizeof(chunk), 0);
	size_t done = 0;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	tsem_buffer_add(&c->in, chunk, n);
	if (c->in.failed)
		return false;
	while ((end = memchr(c->in.data + done, '\n', c->in.size - done))) {
		size_t size = end - (c->in.data + done);

		if (c->json)
			printf("%.*s\n", (int)size, c->in.data + done);
		else
			take_message(c, c->in.data + done, size);
		done += size + 1;
	}
	fflush(stdout);
	memmove(c->in.data, c->in.data + done, c->in.size - done);
	c->in.size -= done;
	return true;
}

/* ---- from the user ---- */

static void send_answer(struct client *c, const char *word)
{
	char line[128];
	int answer = ask_answer_parse(word), size;

	if (!c->open)
		return;
	if (c->terminal && prompt_unread_ms(c->since)) {
		printf("(typed before the question could be read) ");
		fflush(stdout);
		return;
	}
	if (answer < 0) {
		printf("tsem: one of the letters: ");
		fflush(stdout);
		return;
	}
	size = snprintf(line, sizeof(line), "{\"question\":%llu,\"answer\":\"%s\"}\n", c->open,
			ask_answer_word(answer));
	c->sent = send(c->socket, line, size, MSG_NOSIGNAL) == size;
}

static void take_line(struct client *c, char *line)
{
	if (c->json) {
		size_t size = strlen(line);

		line[size] = '\n';
		send(c->socket, line, size + 1, MSG_NOSIGNAL);
		return;
	}
	line[strcspn(line, "\r")] = 0;
	send_answer(c, line);
}

/* False at the end of the input. */
static bool take_input(struct client *c)
{
	ssize_t n = read(STDIN_FILENO, c->typed + c->typed_size, sizeof(c->typed) - c->typed_size);
	char *end;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	c->typed_size += n;
	while ((end = memchr(c->typed, '\n', c->typed_size))) {
		size_t size = end + 1 - c->typed;

		*end = 0;
		take_line(c, c->typed);
		c->typed_size -= size;
		memmove(c->typed, end + 1, c->typed_size);
	}
	if (c->typed_size == sizeof(c->typed))
		c->typed_size = 0; /* nothing that long is an answer */
	return true;
}

int ask_client(const char *session, bool json, struct tsem_error *error)
{
	struct client c = {.json = json, .terminal = !json && isatty(STDIN_FILENO)};
	int r = connect_to(&c, session, error);
	bool goes_on = !r;

	while (goes_on) {
		struct pollfd fds[] = {{.fd = c.socket, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};

		if (poll(fds, 2, wait_of(&c)) < 0)
			continue;
		if (settle(&c))
			fds[1].revents = 0;
		if (fds[0].revents)
			goes_on = take_session(&c);
		if (goes_on && fds[1].revents)
			goes_on = take_input(&c);
	}
	while (!c.json && c.sent && c.open && take_session(&c))
		; /* what became of the last answer */
	if (c.socket >= 0)
		close(c.socket);
	tsem_buffer_deinit(&c.in);
	return r;
}
