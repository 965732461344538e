/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "webhook.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/base/ticks.h"
#include "process.h"

#define BEGIN_MS 10000

static const struct receiver_names names = {"TSEM_ASK_URL", "TSEM_ASK_AUTHORIZATION", "TSEM_ASK_CA"};

int webhook_check(const char *given, struct tsem_error *error)
{
	return receiver_check(given, &names, error);
}

void webhook_host(const char *given, char ret_host[HTTP_ORIGIN_MAX])
{
	http_origin(receiver_url(given, &names), ret_host);
}

const char *webhook_authorities(void)
{
	return receiver_setting(names.ca);
}

/* Four lines, some of which may be empty. */
static bool tell_settings(int socket, const char *url)
{
	const char *authorization = receiver_setting(names.authorization), *ca = webhook_authorities();
	char host[HTTP_ORIGIN_MAX];
	struct tsem_buffer text = {};
	bool told;

	http_origin(url, host);
	tsem_buffer_printf(&text, "%s\n%s\n%s%s\n%s\n", url, host, authorization ? "Authorization: " : "",
			   authorization ? authorization : "", ca ? ca : "");
	told = !text.failed && send(socket, text.data, text.size, MSG_NOSIGNAL) == (ssize_t)text.size;
	if (text.data)
		explicit_bzero(text.data, text.size);
	tsem_buffer_deinit(&text);
	return told;
}

/* An empty line, or why it cannot begin. */
static int begin(int socket, struct tsem_error *error)
{
	tsem_u64 until = ticks_now() + BEGIN_MS * 1000000ull;
	char line[256];
	size_t size = 0;
	ssize_t got = 1;

	while (got > 0 && size < sizeof(line) && !memchr(line, '\n', size) && receiver_wait(socket, until)) {
		got = recv(socket, line + size, sizeof(line) - size, MSG_DONTWAIT);
		size += got > 0 ? got : 0;
	}
	if (size && line[0] == '\n')
		return 0;
	for (size_t i = 0; i < size; i++)
		line[i] = isprint((unsigned char)line[i]) ? line[i] : ' ';
	return tsem_error_set(error, EIO, "cannot put questions to a receiver: %.*s", size ? (int)size : 64,
			      size ? line : "the process that does it does not begin");
}

int webhook_start(const char *given, pid_t *ret_pid, int *ret_socket, struct tsem_error *error)
{
	int ends[2], r = webhook_check(given, error);

	if (r)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return tsem_error_set(error, errno, "cannot make a pair of sockets: %s", strerror(errno));
	r = process_start(WEBHOOK_PROCESS_NAME, ends[1], ret_pid);
	close(ends[1]);
	if (r) {
		close(ends[0]);
		return tsem_error_set(error, r, "cannot start the process that puts questions to a receiver: %s",
				      strerror(r));
	}
	if (!tell_settings(ends[0], receiver_url(given, &names)))
		r = tsem_error_set(error, EPIPE, "cannot tell the process that puts questions where to");
	if (!r)
		r = begin(ends[0], error);
	if (!r && fcntl(ends[0], F_SETFL, O_NONBLOCK))
		r = tsem_error_set(error, errno, "cannot use a socket: %s", strerror(errno));
	if (!r) {
		*ret_socket = ends[0];
		return 0;
	}
	close(ends[0]);
	kill(*ret_pid, SIGKILL);
	waitpid(*ret_pid, NULL, 0);
	return r;
}
