/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "notify.h"

#include <ctype.h>
#include <errno.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/base/ticks.h"
#include "notify_process.h"
#include "process.h"

#define QUEUE_SIZE (1 << 20) /* bytes, as the kernel counts them */
#define BEGIN_MS 10000
#define WORDS_MAX 16 /* at once: it may say something without end */

static const struct receiver_names names = {"TSEM_NOTIFY_URL", "TSEM_NOTIFY_AUTHORIZATION", "TSEM_NOTIFY_CA"};

int notify_check(const char *given, struct tsem_error *error)
{
	return receiver_check(given, &names, error);
}

const char *notify_authorities(void)
{
	return receiver_setting(names.ca);
}

/* ---- the process ---- */

/* False: there is no room now, or nobody. */
static bool put(const struct notify *notify, char word, const char *text, size_t size)
{
	struct iovec parts[] = {{&word, 1}, {(char *)text, size}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	return sendmsg(notify->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size + 1;
}

/* As much as the system allows. */
static int make_room(int socket)
{
	int size = QUEUE_SIZE;
	socklen_t length = sizeof(size);

	if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &length) ? QUEUE_SIZE : size;
}

static int start(struct notify *notify, struct tsem_error *error)
{
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return tsem_error_set(error, errno, "cannot make a pair of sockets: %s", strerror(errno));
	notify->room = make_room(ends[0]);
	r = process_start(NOTIFY_PROCESS_NAME, ends[1], &notify->pid);
	close(ends[1]);
	notify->socket = ends[0];
	if (!r)
		return 0;
	notify->pid = 0;
	return tsem_error_set(error, r, "cannot start the process that posts findings: %s", strerror(r));
}

/* Whatever it does, it is not waited for. */
static void end(struct notify *notify)
{
	if (notify->socket >= 0)
		close(notify->socket);
	notify->socket = -1;
	if (notify->pid > 0) {
		kill(notify->pid, SIGKILL);
		waitpid(notify->pid, NULL, 0);
	}
	notify->pid = 0;
}

/* One packet: its word, 0: none is there, -1: the process has ended. */
static int take_word(const struct notify *notify, char ret_text[NOTIFY_WHY_MAX])
{
	char packet[NOTIFY_WHY_MAX];
	ssize_t size = recv(notify->socket, packet, sizeof(packet), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size <= 0)
		return -1;
	for (ssize_t i = 1; i < size; i++)
		ret_text[i - 1] = isprint((unsigned char)packet[i]) ? packet[i] : '?';
	ret_text[size - 1] = 0;
	return packet[0];
}

static int begin(struct notify *notify, struct tsem_error *error)
{
	char why[NOTIFY_WHY_MAX] = "";
	int word = receiver_wait(notify->socket, ticks_now() + BEGIN_MS * 1000000ull) ? take_word(notify, why) : 0;

	if (word == NOTIFY_READY)
		return 0;
	return tsem_error_set(error, EIO, "cannot post findings: %s",
			      *why ? why : "the process that does it does not begin");
}

static bool put_setting(const struct notify *notify, char word, const char *before, const char *text)
{
	struct tsem_buffer whole = {};
	bool done;

	if (!text)
		return true;
	tsem_buffer_printf(&whole, "%s%s", before, text);
	done = !whole.failed && put(notify, word, whole.data, whole.size);
	if (whole.data)
		explicit_bzero(whole.data, whole.size);
	tsem_buffer_deinit(&whole);
	return done;
}

int notify_open(struct notify *notify, const char *given, struct tsem_error *error)
{
	const char *url = receiver_url(given, &names);
	int r = notify_check(given, error);

	*notify = (struct notify){.socket = -1};
	if (r)
		return r;
	http_origin(url, notify->host);
	r = start(notify, error);
	if (!r &&
	    !(put_setting(notify, NOTIFY_URL, "", url) && put_setting(notify, NOTIFY_HOST, "", notify->host) &&
	      put_setting(notify, NOTIFY_AUTHORIZATION, "Authorization: ", receiver_setting(names.authorization)) &&
	      put_setting(notify, NOTIFY_CA, "", notify_authorities()) && put(notify, NOTIFY_BEGIN, "", 0)))
		r = tsem_error_set(error, EPIPE, "cannot tell the process that posts findings where to");
	if (!r)
		r = begin(notify, error);
	if (r)
		end(notify);
	return r;
}

/* ---- findings ---- */

/* A quarter of the queue is for what is urgent: others could fill all of it. */
static bool has_room(const struct notify *notify, bool urgent)
{
	int queued = 0;

	return urgent || ioctl(notify->socket, SIOCOUTQ, &queued) || queued < notify->room / 4 * 3;
}

void notify_put(struct notify *notify, const char *text, size_t size, bool urgent)
{
	if (notify->socket < 0) {
		notify_miss(notify, "the process that does it has ended");
	} else if (!has_room(notify, urgent)) {
		notify->left_out++;
	} else if (put(notify, NOTIFY_FINDING, text, size)) {
		notify->sent++;
	} else if (errno == EAGAIN || errno == ENOBUFS) {
		notify->left_out++;
	} else {
		notify_miss(notify, errno == EMSGSIZE ? "it is too long" : strerrordesc_np(errno));
	}
}

void notify_miss(struct notify *notify, const char *why)
{
	notify->sent++;
	notify->failed++;
	notify->missed = why;
}

static tsem_u64 count_pending(const struct notify *notify)
{
	return notify->sent - notify->posted - notify->failed;
}

static bool note_failure(struct notify *notify, tsem_u64 count, const char *why, char ret_why[NOTIFY_WHY_MAX])
{
	bool first = !notify->told;

	notify->failed += count;
	notify->told = true;
	if (first)
		snprintf(ret_why, NOTIFY_WHY_MAX, "%s", why);
	return first;
}

/* What it says is not believed beyond what it can know. */
static bool take_one(struct notify *notify, int word, const char *text, char ret_why[NOTIFY_WHY_MAX])
{
	tsem_u64 pending = count_pending(notify);
	bool first;

	if (word == NOTIFY_POSTED && pending) {
		notify->posted++;
		return false;
	}
	if (word == NOTIFY_FAILED && pending)
		return note_failure(notify, 1, text, ret_why);
	first = note_failure(notify, pending,
			     word < 0 ? "the process that does it has ended" : "the process that does it went wrong",
			     ret_why);
	end(notify);
	return first;
}

bool notify_take(struct notify *notify, char ret_why[NOTIFY_WHY_MAX])
{
	char text[NOTIFY_WHY_MAX];
	bool first = notify->missed && note_failure(notify, 0, notify->missed, ret_why);
	int word;

	notify->missed = NULL;
	for (int i = 0; i < WORDS_MAX && notify->socket >= 0 && (word = take_word(notify, text)) != 0; i++)
		first |= take_one(notify, word, text, ret_why);
	return first;
}

static bool is_done(const struct notify *notify)
{
	return notify->socket < 0 || !count_pending(notify);
}

bool notify_close(struct notify *notify, unsigned patience_ms, char ret_why[NOTIFY_WHY_MAX])
{
	tsem_u64 until = ticks_now() + patience_ms * 1000000ull;
	bool first = notify_take(notify, ret_why);

	while (!is_done(notify) && ticks_now() < until) {
		receiver_wait(notify->socket, until);
		first |= notify_take(notify, ret_why);
	}
	if (!is_done(notify))
		first |= note_failure(notify, count_pending(notify), "it did not answer in time", ret_why);
	end(notify);
	return first;
}
