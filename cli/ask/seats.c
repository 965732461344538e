/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "seats.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../lib/kernel/runtime.h"

#define BACKLOG 4

static int watch(const struct seats *s, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(s->events, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int make_listener(struct seats *s, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int r;

	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = s->listener < 0 || bind(s->listener, (const struct sockaddr *)address, sizeof(*address)) ||
			    listen(s->listener, BACKLOG) ?
		    -errno :
		    watch(s, s->listener);
	umask(before);
	return r;
}

int seats_open(struct seats *s, const char *session, bool listen, int events,
	       bool (*is_modeled)(void *context, int pidfd), void *context, struct tsem_error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r;

	*s = SEATS_NONE;
	s->events = events;
	s->is_modeled = is_modeled;
	s->context = context;
	for (int i = 0; i < SEATS_MAX; i++)
		s->seats[i].socket = -1;
	if (!listen)
		return 0;
	r = session_files_path(session, "ask", address.sun_path, sizeof(address.sun_path));
	unlink(address.sun_path);
	r = r ? r : make_listener(s, &address);
	return r ? tsem_error_set(error, -r, "cannot make the socket %s: %s", address.sun_path, strerror(-r)) : 0;
}

static void leave(struct seat *seat)
{
	close(seat->socket);
	tsem_buffer_deinit(&seat->out);
	*seat = (struct seat){.socket = -1};
}

void seats_close(struct seats *s)
{
	if (s->listener < 0)
		return;
	close(s->listener);
	s->listener = -1;
	for (int i = 0; i < SEATS_MAX; i++)
		if (s->seats[i].socket >= 0)
			leave(&s->seats[i]);
	tsem_buffer_deinit(&s->open);
}

size_t seats_taken(const struct seats *s)
{
	size_t count = 0;

	for (int i = 0; i < SEATS_MAX && s->listener >= 0; i++)
		count += s->seats[i].socket >= 0;
	return count;
}

size_t seats_open_to(const struct seats *s, tsem_u64 question)
{
	size_t count = 0;

	for (int i = 0; i < SEATS_MAX && s->listener >= 0; i++)
		count += s->seats[i].socket >= 0 && s->seats[i].passed != question;
	return count;
}

bool seats_has(const struct seats *s, const char *who)
{
	for (int i = 0; i < SEATS_MAX && s->listener >= 0; i++)
		if (s->seats[i].socket >= 0 && s->seats[i].who && !strcmp(s->seats[i].who, who))
			return true;
	return false;
}

static void wait_to_send(const struct seats *s, struct seat *seat)
{
	bool waits = seat->out.size;
	struct epoll_event event = {.events = EPOLLIN | (waits ? EPOLLOUT : 0)};

	if (waits != seat->waits)
		epoll_ctl(s->events, EPOLL_CTL_MOD, seat->socket, &event);
	seat->waits = waits;
}

static void flush(const struct seats *s, struct seat *seat)
{
	ssize_t n = 1;

	while (seat->out.size && n > 0) {
		n = send(seat->socket, seat->out.data, seat->out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			memmove(seat->out.data, seat->out.data + n, seat->out.size - n);
			seat->out.size -= n;
		}
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		leave(seat);
	else
		wait_to_send(s, seat);
}

static void tell(const struct seats *s, struct seat *seat, const struct tsem_buffer *line)
{
	if (line->size)
		tsem_buffer_add(&seat->out, line->data, line->size);
	if (seat->out.failed || seat->out.size > SEAT_BEHIND_MAX)
		leave(seat);
	else
		flush(s, seat);
}

void seats_tell(struct seats *s, const struct tsem_buffer *line, bool stays)
{
	s->open.size = 0;
	if (stays)
		tsem_buffer_add(&s->open, line->data, line->size);
	for (int i = 0; i < SEATS_MAX && s->listener >= 0; i++)
		if (s->seats[i].socket >= 0)
			tell(s, &s->seats[i], line);
}

static struct seat *free_seat(struct seats *s)
{
	for (int i = 0; i < SEATS_MAX; i++)
		if (s->seats[i].socket < 0)
			return &s->seats[i];
	return NULL;
}

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* A workload decides about none, not even about another one. */
static bool is_workload(const struct seats *s, int socket)
{
	socklen_t size = sizeof(int);
	int pidfd = -1;
	bool modeled;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size))
		return true; /* it has ended */
	modeled = s->is_modeled(s->context, pidfd);
	close(pidfd);
	return modeled;
}

/* Decides about a workload, so it has to be somebody who could stop tsem, too. */
static bool may_answer(const struct seats *s, int socket, uid_t *ret_uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) || is_workload(s, socket))
		return false;
	*ret_uid = peer.uid;
	return !peer.uid || peer.uid == geteuid();
}

static bool come(struct seats *s)
{
	int socket = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct seat *seat = free_seat(s);
	uid_t uid;

	if (socket < 0)
		return false;
	if (!seat || !may_answer(s, socket, &uid) || watch(s, socket)) {
		close(socket);
		return false;
	}
	*seat = (struct seat){.socket = socket, .uid = uid};
	tell(s, seat, &s->open);
	return true;
}

int seats_add(struct seats *s, int socket, const char *who, struct tsem_error *error)
{
	struct seat *seat = free_seat(s);
	int r = seat ? watch(s, socket) : -ENOSPC;

	if (r) {
		close(socket);
		return tsem_error_set(error, -r, "cannot wait for answers: %s", strerror(-r));
	}
	*seat = (struct seat){.socket = socket, .who = who};
	tell(s, seat, &s->open);
	return 0;
}

/* ---- their lines ---- */

/* False: the front end is gone, or sends what is no answer. */
static bool take_lines(struct seat *seat, void (*fn)(void *context, const struct ask_line *line, struct seat *seat),
		       void *context)
{
	ssize_t n = recv(seat->socket, seat->line + seat->size, sizeof(seat->line) - seat->size, 0);
	struct ask_line answer;
	char *end;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	seat->size += n;
	while ((end = memchr(seat->line, '\n', seat->size))) {
		if (!ask_line_parse(seat->line, end - seat->line, &answer))
			return false;
		fn(context, &answer, seat);
		if (seat->socket < 0)
			return true; /* it did not take what this answer led to */
		seat->size -= end + 1 - seat->line;
		memmove(seat->line, end + 1, seat->size);
	}
	return seat->size < sizeof(seat->line);
}

bool seats_turn(struct seats *s, void (*fn)(void *context, const struct ask_line *line, struct seat *seat),
		void *context)
{
	bool came = s->listener >= 0 && come(s);

	for (int i = 0; i < SEATS_MAX && s->listener >= 0; i++) {
		struct seat *seat = &s->seats[i];

		if (seat->socket >= 0 && !take_lines(seat, fn, context) && seat->socket >= 0)
			leave(seat);
		if (seat->socket >= 0 && seat->out.size)
			flush(s, seat);
	}
	return came;
}
