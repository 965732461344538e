/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings and their receiver, who answers well, badly, elsewhere, or not at all. The process that posts is the real one. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/base/ticks.h"
#include "../../sink/notify.h"
#include "unit.h"

void test_notify_words(void)
{
	static const struct {
		const char *url, *part; /* NULL: it can be posted to */
	} urls[] = {
		{"http://127.0.0.1:8080/hook", NULL},
		{"https://hooks.example/a?b=c", NULL},
		{"https://[::1]/", NULL},
		{"", "needs http://HOST"},
		{"https://", "needs http://HOST"},
		{"https:///path", "needs http://HOST"},
		{"https://?a", "needs http://HOST"},
		{"ftp://host/", "needs http://HOST"},
		{"file:///etc/passwd", "needs http://HOST"},
		{"HTTPS://host/", "needs http://HOST"},
		{"https://me:pw@host/", "TSEM_NOTIFY_AUTHORIZATION"},
		{"http://localhost/", NULL},
		{"http://[::1]:80/a@b", NULL},
		{"http://hooks.example/", "this machine only"},
		{"http://127.0.0.1.example/", "this machine only"},
		{"http://127.0.0.1?.example/", NULL},
		{"http://128.0.0.1/", "this machine only"},
		{"http://127.1/", "this machine only"},
		{"http://localhost.example/", "this machine only"},
		{"http://[::2]/", "this machine only"},
		{"env", "TSEM_NOTIFY_URL, which has the URL, is not set"},
		{"https://host/a b", "printable ASCII"},
		{"https://host/\xc3\xa4", "printable ASCII"},
		{"https://host/\nX: y", "printable ASCII"},
	};
	struct tsem_error error;

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		error = (struct tsem_error){};
		if (!notify_check(urls[i].url, &error) != !urls[i].part)
			unit_fail(__FILE__, __LINE__, "%s", urls[i].url);
		if (urls[i].part)
			CHECK_HOLDS(error.text, urls[i].part);
	}
	CHECK(!setenv("TSEM_NOTIFY_AUTHORIZATION", "Bearer x", true));
	CHECK(!notify_check("https://host/", &error) && notify_check("http://localhost/", &error));
	CHECK_HOLDS(error.text, "https:// URL only");
	CHECK(!setenv("TSEM_NOTIFY_AUTHORIZATION", "x\r\nHost: y", true) && notify_check("https://host/", &error));
	CHECK(!unsetenv("TSEM_NOTIFY_AUTHORIZATION"));
	CHECK(!setenv("TSEM_NOTIFY_CA", "/there/is/none", true) && notify_check("https://host/", &error) == -ENOENT);
	CHECK(!unsetenv("TSEM_NOTIFY_CA"));
	CHECK(!setenv("TSEM_NOTIFY_URL", "https://host/secret", true) && !notify_check("env", &error));
	CHECK(!setenv("TSEM_NOTIFY_URL", "ftp://host/", true) && notify_check("env", &error));
	CHECK(!unsetenv("TSEM_NOTIFY_URL"));
}

/* What people read of a URL. */
void test_notify_origin(void)
{
	static const char *const urls[][2] = {
		{"https://hooks.example/secret?secret#secret", "https://hooks.example"},
		{"https://bucket.example:8443?X-Signature=secret", "https://bucket.example:8443"},
		{"http://[::1]:80/secret", "http://[::1]:80"},
		{"https://me:secret@host/", "https://host"},
		{"https://host", "https://host"},
		{"ftp://secret@host/", "another kind of URL"},
		{"/secret", "another kind of URL"},
		{"", "another kind of URL"},
	};
	char origin[HTTP_ORIGIN_MAX], url[2 * HTTP_ORIGIN_MAX] = "https://";

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		http_origin(urls[i][0], origin);
		CHECK_TEXT(origin, urls[i][1]);
	}
	memset(url + 8, 'a', sizeof(url) - 9);
	http_origin(url, origin);
	CHECK(strlen(origin) == HTTP_ORIGIN_MAX - 1);
}

/* ---- a receiver ---- */

struct receiver {
	pid_t pid;
	int told; /* one byte for each request that had the body "{}" in it, by POST */
	char url[64];
};

static void answer(int connection, const char *script, int tell)
{
	char request[8192] = "", head[256];
	size_t size = 0;
	ssize_t got;

	while (!strstr(request, "\r\n\r\n{}") &&
	       (got = recv(connection, request + size, sizeof(request) - 1 - size, 0)) > 0)
		size += got;
	if (!strncmp(request, "POST /hook HTTP/1.1\r\n", 21) && strstr(request, "\r\n\r\n{}") &&
	    strstr(request, "Content-Type: application/json\r\n") && write(tell, "+", 1) != 1)
		_exit(1);
	snprintf(
		head, sizeof(head),
		"HTTP/1.1 %s Word\r\nLocation: http://127.0.0.1:9/else\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		script);
	send(connection, head, strlen(head), MSG_NOSIGNAL);
}

/* Answers with the statuses one after the other, and then with the last one. NULL: never. */
static void serve(int listener, const char *const *statuses, int tell)
{
	for (;;) {
		int connection = accept(listener, NULL, NULL);

		if (connection < 0)
			_exit(1);
		if (*statuses) {
			answer(connection, *statuses, tell);
			statuses += statuses[1] != NULL;
			close(connection);
		}
	}
}

static bool receive(struct receiver *r, const char *const *statuses)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ends[2];

	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) || pipe(ends))
		return false;
	r->pid = fork();
	if (!r->pid)
		serve(listener, statuses, ends[1]);
	close(listener);
	close(ends[1]);
	r->told = ends[0];
	snprintf(r->url, sizeof(r->url), "http://127.0.0.1:%u/hook", ntohs(address.sin_port));
	return r->pid > 0;
}

/* How many requests it has had. */
static size_t dismiss(struct receiver *r)
{
	char told[64];
	ssize_t size;

	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	size = read(r->told, told, sizeof(told));
	close(r->told);
	return size < 0 ? 0 : size;
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define CHECKED 1
#endif
#endif
#ifndef CHECKED
#define CHECKED 0
#endif

/* With checked memory it is not: that needs more addresses than the process leaves itself. build/unit does it. */
static bool can_post(void)
{
	void *library = CHECKED ? NULL : dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!library && !CHECKED)
		unit_skip("libcurl.so.4 is not here");
	return library;
}

/* Whether it has neither capabilities nor, where root started it, the user who can do all without them. */
static bool is_confined(pid_t pid)
{
	char path[64], line[256];
	unsigned uid = 0, found = 0;
	unsigned long long capabilities = 1;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		found += sscanf(line, "Uid: %u", &uid) == 1 || sscanf(line, "CapPrm: %llx", &capabilities) == 1;
	if (status)
		fclose(status);
	return found == 2 && !capabilities && uid;
}

void test_notify_posts(void)
{
	static const char *const statuses[] = {"200", "503", "204", "429", "201", "200", NULL};
	struct receiver receiver;
	struct notify notify;
	struct tsem_error error = {};
	char why[NOTIFY_WHY_MAX] = "";

	if (!can_post() || !CHECK(receive(&receiver, statuses)))
		return;
	if (!CHECK(!notify_open(&notify, receiver.url, &error))) {
		unit_fail(__FILE__, __LINE__, "%s", error.text);
		dismiss(&receiver);
		return;
	}
	CHECK(is_confined(notify.pid));
	CHECK(!strncmp(notify.host, receiver.url, strlen(receiver.url) - strlen("/hook")) &&
	      !strstr(notify.host, "hook"));
	for (int i = 0; i < 4; i++)
		notify_put(&notify, "{}", 2, false);
	CHECK(!notify_close(&notify, 20000, why));
	CHECK(notify.sent == 4 && notify.posted == 4 && !notify.failed && !notify.left_out);
	CHECK(dismiss(&receiver) == 6); /* two of them a second time */
}

void test_notify_fails(void)
{
	static const char *const refusing[] = {"404", "302", "200", NULL};
	struct receiver receiver;
	struct notify notify;
	struct tsem_error error = {};
	char why[NOTIFY_WHY_MAX] = "";

	if (!can_post() || !CHECK(receive(&receiver, refusing)))
		return;
	if (CHECK(!notify_open(&notify, receiver.url, &error))) {
		for (int i = 0; i < 3; i++)
			notify_put(&notify, "{}", 2, false);
		CHECK(notify_close(&notify, 20000, why));
		CHECK_TEXT(why, "it answers with status 404");
		CHECK(notify.posted == 1 && notify.failed == 2);
	}
	CHECK(dismiss(&receiver) == 3); /* neither again, nor elsewhere */
	/* Nobody is there, and the process is killed. */
	if (!CHECK(!notify_open(&notify, receiver.url, &error)))
		return;
	notify_put(&notify, "{}", 2, false);
	CHECK(notify_close(&notify, 20000, why));
	CHECK_HOLDS(why, "cannot be asked");
	CHECK(!strstr(why, "hook") && notify.failed == 1);
	if (!CHECK(!notify_open(&notify, receiver.url, &error)))
		return;
	notify_put(&notify, "{}", 2, false);
	kill(notify.pid, SIGKILL);
	CHECK(notify_close(&notify, 20000, why));
	CHECK_HOLDS(why, "has ended");
	notify_put(&notify, "{}", 2, false);
	CHECK(notify.failed == 2 && !notify.left_out);
}

static void hear_signal(int number)
{
	(void)number;
}

/* Signals do not keep it from beginning. */
void test_notify_signals(void)
{
	static const char *const statuses[] = {"200", NULL};
	const struct sigaction action = {.sa_handler = hear_signal};
	const struct itimerval often = {{0, 2000}, {0, 2000}}, off = {};
	struct sigaction before;
	struct receiver receiver;
	struct notify notify;
	struct tsem_error error = {};
	char why[NOTIFY_WHY_MAX] = "";

	if (!can_post() || !CHECK(receive(&receiver, statuses)))
		return;
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK(!notify_open(&notify, receiver.url, &error));
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	CHECK_TEXT(error.text, "");
	notify_close(&notify, 0, why);
	dismiss(&receiver);
}

/* A process that somebody else has taken over: it says more than there is, without end. */
void test_notify_hostile(void)
{
	struct notify notify = {.room = 1 << 20};
	char why[NOTIFY_WHY_MAX] = "";
	static char big[4 << 20];
	int ends[2], turns = 0;

	if (!CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)))
		return;
	notify.socket = ends[0];
	notify_put(&notify, big, sizeof(big), false);
	CHECK(notify.sent == 1 && notify.failed == 1 && !notify.left_out);
	CHECK(notify_take(&notify, why));
	CHECK_TEXT(why, "it is too long");
	for (int i = 0; i < 100; i++)
		notify_put(&notify, "{}", 2, false);
	for (int i = 0; i < 120; i++)
		CHECK(send(ends[1], i % 2 ? "p" : "xno", i % 2 ? 1 : 3, MSG_DONTWAIT) > 0 || errno == EAGAIN);
	while (notify.socket >= 0 && turns < 50) {
		notify_take(&notify, why);
		CHECK(notify.posted + notify.failed <= notify.sent);
		CHECK(turns || notify.posted + notify.failed == 1 + 16);
		turns++;
	}
	CHECK(turns >= 6 && notify.socket < 0 && notify.posted + notify.failed == notify.sent && notify.sent == 101);
	notify_put(&notify, "{}", 2, true);
	CHECK(notify.failed == 52 && !notify.left_out);
	close(ends[1]);
}

/* Who has findings does not wait for somebody who does not answer. */
void test_notify_bounded(void)
{
	static const char *const never[] = {NULL};
	static char text[4096];
	struct receiver receiver;
	struct notify notify;
	struct tsem_error error = {};
	char why[NOTIFY_WHY_MAX] = "";
	tsem_u64 from, left_out;

	memset(text, ' ', sizeof(text));
	if (!can_post() || !CHECK(receive(&receiver, never)))
		return;
	if (CHECK(!notify_open(&notify, receiver.url, &error))) {
		from = ticks_now();
		for (int i = 0; i < 5000; i++)
			notify_put(&notify, text, sizeof(text), false);
		CHECK(notify.sent && notify.left_out && notify.sent + notify.left_out == 5000);
		left_out = notify.left_out;
		notify_put(&notify, text, sizeof(text), true); /* there is room that the others had not */
		CHECK(notify.left_out == left_out);
		CHECK(notify_close(&notify, 200, why));
		CHECK(ticks_now() - from < 3000000000ull);
		CHECK_TEXT(why, "it did not answer in time");
		CHECK(!notify.posted && notify.failed == notify.sent);
	}
	dismiss(&receiver);
}
