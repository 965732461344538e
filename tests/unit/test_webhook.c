/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Questions that are put to a receiver, who answers well, badly, late, or not at all. The process that asks is the real one. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/base/ticks.h"
#include "../../sink/http_heading.h"
#include "../../sink/webhook.h"
#include "unit.h"

#define SECOND 1000000000ull

void test_webhook_answers(void)
{
	static const struct {
		const char *text, *word; /* NULL: it is no answer to question 7 */
	} answers[] = {
		{"{\"answer\":\"once\"}", "once"},
		{" {\"question\" : 7, \"answer\":\"deny\"}\n", "deny"},
		{"{\"answer\":\"on\\u0063e\"}", "once"},
		{"{\"answer\":\"once\",\"by\":{\"name\":[\"a\"]}}", "once"},
		{"{\"question\":8,\"answer\":\"once\"}", NULL},
		{"{\"question\":7,\"question\":8,\"answer\":\"once\"}", NULL},
		{"{\"question\":\"7\",\"answer\":\"once\"}", NULL},
		{"{\"question\":18446744073709551623,\"answer\":\"once\"}", NULL},
		{"{\"question\":7}", NULL},
		{"{\"answer\":\"\"}", NULL},
		{"{\"answer\":\"Once\"}", NULL},
		{"{\"answer\":\"nobody\"}", NULL},
		{"{\"answer\":\"once\\n\"}", NULL},
		{"{\"answer\":\"on\\u0000ce\"}", NULL},
		{"{\"answer\":\"once\\\",\\\"x\"}", NULL},
		{"{\"answer\":\"oooooooooooooooo\"}", NULL},
		{"{\"answer\":[\"once\"]}", NULL},
		{"{\"a\":{\"answer\":\"once\"}}", NULL},
		{"{\"answer\":\"once\"}{\"answer\":\"deny\"}", NULL},
		{"[{\"answer\":\"once\"}]", NULL},
		{"{\"answer\":\"once\"", NULL},
		{"once", NULL},
		{"", NULL},
	};
	char word[WEBHOOK_WORD_MAX];

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		strcpy(word, "-");
		if (webhook_parse(answers[i].text, strlen(answers[i].text), 7, word) != (answers[i].word != NULL))
			unit_fail(__FILE__, __LINE__, "%s", answers[i].text);
		CHECK_TEXT(word, answers[i].word ? answers[i].word : "-");
	}
	CHECK(!webhook_parse("{\"answer\":\"once\0\"}", 18, 7, word));
}

static void take(struct http_heading *heading, struct http_answer *answer, const char *const *lines)
{
	for (; *lines; lines++)
		http_heading_take(heading, *lines, strlen(*lines), answer);
}

/* Only what stands before the body of the last answer is of that answer. */
void test_webhook_heading(void)
{
	static const char *const lines[] = {"HTTP/1.1 103 Early\r\n",
					    "Link: <https://early/>; rel=\"next\"\r\n",
					    "Location: https://early/\r\n",
					    "\r\n",
					    "HTTP/2 200 \r\n",
					    "content-type: Text/x; charset=y\r\n",
					    "Content-Types: no\r\n",
					    "WWW-AUTHENTICATE:Bearer realm=\"https://a/\",service=\"b\"\r\n",
					    "Link: <https://next/?a>; rel=\"next\"\r\n",
					    "\r\n",
					    "Content-Type: trailer\r\n",
					    "OCI-Subject: trailer\r\n",
					    "HTTP/1.1 200 \r\n",
					    NULL};
	struct http_heading heading = {};
	struct http_answer answer = {};
	char value[16], long_line[2 * HTTP_HEADER_MAX];

	take(&heading, &answer, lines);
	CHECK_TEXT(answer.type, "Text/x");
	CHECK_TEXT(answer.location, "");
	CHECK_TEXT(answer.next, "https://next/?a");
	CHECK(!answer.subject);
	CHECK(http_parameter(answer.challenge, "realm", value, sizeof(value)));
	CHECK_TEXT(value, "https://a/");
	CHECK(http_parameter(answer.challenge, "service", value, sizeof(value)));
	CHECK_TEXT(value, "b");
	CHECK(!http_parameter(answer.challenge, "realm", value, 10) &&
	      !http_parameter("realm=\"a", "realm", value, 16));
	CHECK(!http_parameter("Bearer xrealm=\"a\"", "realm", value, 16) && !http_parameter("", "realm", value, 16));
	heading = (struct http_heading){};
	memset(long_line, 'a', sizeof(long_line));
	memcpy(long_line, "Location: ", 10);
	http_heading_take(&heading, long_line, sizeof(long_line), &answer);
	CHECK_TEXT(answer.location, "");
}

/* ---- a receiver ---- */

struct desk {
	pid_t pid, asking;
	int told; /* one byte for each request */
	int socket; /* of the process that asks; -1: there is none */
	unsigned port;
};

/* Answers requests one after the other, and all that come later like the last. An empty answer is none: it stays open. */
static void serve(int listener, const char *const *answers, int tell)
{
	char request[8192], reply[512];

	for (;;) {
		int connection = accept(listener, NULL, NULL);
		size_t size = 0;
		ssize_t got;

		request[0] = 0;
		while (!strstr(request, "\r\n\r\n{") &&
		       (got = recv(connection, request + size, sizeof(request) - 1 - size, 0)) > 0)
			request[size += got] = 0;
		if (connection < 0 || write(tell, "+", 1) != 1)
			_exit(1);
		if (**answers) {
			snprintf(reply, sizeof(reply),
				 "HTTP/1.1 %.3s Word\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", *answers,
				 strlen(*answers + 4), *answers + 4);
			send(connection, reply, strlen(reply), MSG_NOSIGNAL);
			close(connection);
		}
		answers += answers[1] != NULL;
	}
}

static void dismiss(struct desk *d)
{
	if (d->socket >= 0) {
		close(d->socket);
		kill(d->asking, SIGKILL);
		waitpid(d->asking, NULL, 0);
	}
	kill(d->pid, SIGKILL);
	waitpid(d->pid, NULL, 0);
	close(d->told);
}

/* With checked memory the process is not there: that needs more addresses than it leaves itself. build/unit does it. */
static bool can_ask(void)
{
#ifdef __SANITIZE_ADDRESS__
	return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return false;
#endif
#endif
	if (dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL))
		return true;
	unit_skip("libcurl.so.4 is not here");
	return false;
}

static bool open_desk(struct desk *d, const char *const *answers)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ends[2];
	struct tsem_error error = {};
	char url[64];

	*d = (struct desk){.socket = -1};
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) || pipe(ends))
		return unit_fail(__FILE__, __LINE__, "%s", strerror(errno));
	d->port = ntohs(address.sin_port);
	d->pid = fork();
	if (!d->pid)
		serve(listener, answers, ends[1]);
	close(listener);
	close(ends[1]);
	d->told = ends[0];
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/ask", d->port);
	if (!webhook_start(url, &d->asking, &d->socket, &error))
		return true;
	unit_fail(__FILE__, __LINE__, "%s", error.text);
	d->socket = -1;
	dismiss(d);
	return false;
}

static void say(const struct desk *d, const char *line)
{
	CHECK(send(d->socket, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line));
}

/* What the process answers, at most so many seconds later; empty: nothing. */
static const char *hear(const struct desk *d, unsigned seconds)
{
	static char line[512];
	ssize_t size = receiver_wait(d->socket, ticks_now() + seconds * SECOND) ?
			       recv(d->socket, line, sizeof(line) - 1, MSG_DONTWAIT) :
			       0;

	line[size > 0 ? size : 0] = 0;
	return line;
}

static size_t requests(const struct desk *d)
{
	char told[64];
	ssize_t size = receiver_wait(d->told, ticks_now()) ? read(d->told, told, sizeof(told)) : 0;

	return size > 0 ? size : 0;
}

/* A status that may pass is no answer yet; after the time of the question, nobody has answered. */
void test_webhook_again(void)
{
	static const char *const later[] = {"503 ", "200 {\"answer\":\"once\"}", "500 ", NULL};
	struct desk d;

	if (!can_ask() || !open_desk(&d, later))
		return;
	say(&d, "{\"question\":1,\"seconds\":20}\n");
	CHECK_TEXT(hear(&d, 15), "{\"question\":1,\"answer\":\"once\"}\n");
	CHECK(requests(&d) == 2);
	say(&d, "{\"question\":2,\"seconds\":2}\n");
	CHECK_HOLDS(hear(&d, 15), "{\"question\":2,\"answer\":\"nobody\",\"why\":\"it answers with status 500\"}\n");
	CHECK(requests(&d) == 2);
	dismiss(&d);
}

/* What is no answer, or a final one, is not asked about again. */
void test_webhook_final(void)
{
	static const char *const wrong[] = {"404 ", "200 {\"question\":9,\"answer\":\"once\"}", "302 ", NULL};
	struct desk d;

	if (!can_ask() || !open_desk(&d, wrong))
		return;
	say(&d, "{\"question\":1,\"seconds\":20}\n");
	CHECK_HOLDS(hear(&d, 15), "status 404");
	say(&d, "{\"question\":2,\"seconds\":20}\n");
	CHECK_HOLDS(hear(&d, 15), "what it answers is no answer");
	say(&d, "{\"question\":3,\"seconds\":20}\n");
	CHECK_HOLDS(hear(&d, 15), "status 302");
	CHECK(requests(&d) == 3);
	dismiss(&d);
}

/* Whether the kernel looks after a connection to this port on which nothing happens. */
static bool is_kept_alive(unsigned port)
{
	char line[512], state[3], timer[3];
	FILE *file = fopen("/proc/net/tcp", "r");
	unsigned to;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, " %*[^ ] %*[^ ] %*8[0-9A-F]:%x %2s %*[^ ] %2s", &to, state, timer) == 3 &&
			to == port && !strcmp(state, "01") && !strcmp(timer, "02");
	if (file)
		fclose(file);
	return found;
}

/* Who does not hear that a question is over, does not keep the next one from being asked. */
void test_webhook_closed(void)
{
	static const char *const deaf[] = {"", "200 {\"answer\":\"run\"}", NULL};
	tsem_u64 from = ticks_now();
	struct desk d;

	if (!can_ask() || !open_desk(&d, deaf))
		return;
	say(&d, "{\"closed\":1,\"answer\":\"once\",\"by\":\"root@ask\"}\n");
	CHECK(receiver_wait(d.told, ticks_now() + 5 * SECOND));
	while (!is_kept_alive(d.port) && ticks_now() - from < 2 * SECOND)
		usleep(10000);
	CHECK(is_kept_alive(d.port));
	from = ticks_now();
	say(&d, "{\"question\":2,\"seconds\":20}\n");
	CHECK_TEXT(hear(&d, 15), "{\"question\":2,\"answer\":\"run\"}\n");
	CHECK(ticks_now() - from < 3500 * (SECOND / 1000));
	dismiss(&d);
}
