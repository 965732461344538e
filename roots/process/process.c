/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One thread, one loop. A client cannot make it wait, because nothing blocks, and it does not read from a client that
 * does not take its answers. A client cannot make it grow either, because buffers and namespaces have limits.
 */
#include "process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../engine/server.h"
#include "../../lib/tma/hashes.h"
#include "../../lib/tma/transport.h"

#define NAMESPACES 64u /* of one client */
#define RECORDS (8ull << 20) /* bytes for the events of a namespace, when the client names no number */
#define IN_FIRST 4096u /* before the greeting nothing larger can come */
#define IN_MAX (TSEM_TMA_PAYLOAD_MAX + TSEM_TMA_OVERHEAD + 4096)
#define GATHER (4 * SERVER_ANSWER_MAX) /* answers of one turn */
#define IDLE_MS 100
#define TURN_NS 5000000 /* of a client, while others wait; one request may take longer */
#define TURN_REQUESTS 8192 /* of all connections of one peer together */
#define EVENTS 64
#define ACCEPTS 16 /* at once: whoever connects without end must not keep the others waiting */

/* A process or machine, as its transport tells them apart. */
struct peer {
	struct peer *next;
	tsem_u64 number;
	tsem_u32 count; /* of its connections */
};

struct connection {
	struct connection *next, **link;
	struct transport_link line;
	struct server_session session;
	tsem_u8 *in;
	size_t in_size, in_room;
	tsem_u8 *out; /* bytes that the line did not take; NULL when it took all */
	size_t out_size, out_at;
	struct peer *peer; /* NULL: of the only line */
	bool lossy, only;
	bool closed; /* to be closed at the end of its turn */
	bool more; /* its turn ended before its requests did */
};

struct process {
	const struct process_options *options;
	struct server server;
	struct connection *connections;
	struct peer *peers;
	tsem_u32 count;
	tsem_u64 left; /* bytes for namespaces */
	int poll, listener, signals;
	const struct transport *transport;
	uid_t owner; /* the user who started it */
	bool ending;
	bool waiting; /* somebody's turn ended before his requests did */
	tsem_u8 *gather;
	tsem_u64 scratch[(SERVER_SCRATCH + 7) / 8];
};

/* ---- peers ---- */

/* NULL: no memory. */
static struct peer *find_peer(struct process *process, tsem_u64 number)
{
	struct peer *peer = process->peers;

	while (peer && peer->number != number)
		peer = peer->next;
	if (peer)
		return peer;
	peer = calloc(1, sizeof(*peer));
	if (peer) {
		peer->number = number;
		peer->next = process->peers;
		process->peers = peer;
	}
	return peer;
}

/* One that has no connection is forgotten. */
static void release_peer(struct process *process, const struct peer *peer)
{
	struct peer **link = &process->peers, *gone;

	if (!peer || peer->count)
		return;
	while (*link != peer)
		link = &(*link)->next;
	gone = *link;
	*link = gone->next;
	free(gone);
}

/* ---- connections ---- */

static int watch(const struct process *process, int operation, int fd, unsigned events, void *what)
{
	struct epoll_event event = {.events = events, .data.ptr = what};

	return epoll_ctl(process->poll, operation, fd, &event);
}

/* Reads from clients that take their answers and have no request left, and writes to those that do not take them. */
static void watch_connection(const struct process *process, struct connection *connection)
{
	bool sends = connection->out != NULL;
	unsigned reads = sends || connection->more ? 0 : EPOLLIN;

	if (connection->line.in == connection->line.out) {
		watch(process, EPOLL_CTL_MOD, connection->line.in, sends ? EPOLLOUT : reads, connection);
		return;
	}
	watch(process, EPOLL_CTL_MOD, connection->line.in, reads, connection);
	watch(process, EPOLL_CTL_MOD, connection->line.out, sends ? EPOLLOUT : 0, connection);
}

static void destroy_connection(struct process *process, struct connection *connection)
{
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	process->count--;
	process->ending |= connection->only;
	if (connection->peer)
		connection->peer->count--;
	release_peer(process, connection->peer);
	server_session_deinit(&process->server, &connection->session);
	transport_close(&connection->line);
	free(connection->in);
	free(connection->out);
	free(connection);
}

static struct connection *create_connection(struct process *process, const struct transport_link *line)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->line = *line;
	connection->in_room = IN_FIRST;
	connection->in = malloc(connection->in_room);
	connection->next = process->connections;
	connection->link = &process->connections;
	if (connection->next)
		connection->next->link = &connection->next;
	process->connections = connection;
	process->count++;
	if (connection->in && !watch(process, EPOLL_CTL_ADD, line->in, EPOLLIN, connection) &&
	    (line->in == line->out || !watch(process, EPOLL_CTL_ADD, line->out, 0, connection)))
		return connection;
	destroy_connection(process, connection);
	return NULL;
}

/* So that one peer cannot take the connections of all. */
static bool has_room(const struct process *process, const struct peer *peer)
{
	return process->count < process->options->connections && peer->count < process->options->per_peer;
}

/* False: nobody is there any more. */
static bool accept_one(struct process *process)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	int fd = accept4(process->listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct transport_link line = {fd, fd, NULL};
	struct connection *connection = NULL;
	struct peer *peer = NULL;
	tsem_u64 number;

	if (fd < 0)
		return false;
	if (process->transport->admit(fd, &address, process->owner, &number))
		peer = find_peer(process, number);
	if (peer && has_room(process, peer))
		connection = create_connection(process, &line);
	if (connection) {
		connection->peer = peer;
		peer->count++;
		server_session_init(&connection->session, 0);
		return true;
	}
	release_peer(process, peer);
	close(fd);
	return true;
}

static void accept_some(struct process *process)
{
	for (int i = 0; i < ACCEPTS && accept_one(process); i++)
		;
}

/* ---- answers ---- */

/* True when all of it is gone. */
static bool send_bytes(struct connection *connection, const tsem_u8 *bytes, size_t size, size_t *ret_sent)
{
	size_t at = 0;

	while (at < size) {
		ssize_t put = write(connection->line.out, bytes + at, size - at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno != EAGAIN)
			connection->closed = true;
		if (put < 0)
			break;
		at += put;
	}
	*ret_sent = at;
	return at == size;
}

static void send_gathered(struct process *process, struct connection *connection, size_t size)
{
	size_t sent;

	if (!size || send_bytes(connection, process->gather, size, &sent) || connection->closed)
		return;
	connection->out = malloc(size - sent);
	connection->closed = !connection->out;
	if (connection->closed)
		return;
	memcpy(connection->out, process->gather + sent, size - sent);
	connection->out_size = size - sent;
	connection->out_at = 0;
}

static void send_rest(struct connection *connection)
{
	size_t sent;

	if (send_bytes(connection, connection->out + connection->out_at, connection->out_size - connection->out_at,
		       &sent)) {
		free(connection->out);
		connection->out = NULL;
	}
	connection->out_at += sent;
}

/* ---- requests ---- */

/* Often asked: the coarse clock costs nothing. */
static tsem_u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static bool waits_for_turn(const struct connection *connection)
{
	return connection->more && !connection->out;
}

/* Of a turn: who has many connections has no more turns by that. */
static tsem_u32 most_requests(const struct connection *connection)
{
	return 1 + TURN_REQUESTS / (connection->peer ? connection->peer->count : 1);
}

static void take_requests(struct process *process, struct connection *connection, bool idle)
{
	tsem_u64 end = now() + TURN_NS;
	size_t at = 0, gathered = 0;
	tsem_u32 used, size, left = most_requests(connection);

	do {
		used = server_take(&process->server, &connection->session, connection->in + at,
				   connection->in_size - at, idle, process->gather + gathered, &size);
		at += used;
		gathered += size;
		if (gathered + SERVER_ANSWER_MAX > GATHER) {
			send_gathered(process, connection, gathered);
			gathered = 0;
		}
		connection->more = used && at < connection->in_size;
	} while (connection->more && !connection->out && !connection->closed && --left && now() < end);
	send_gathered(process, connection, gathered);
	process->waiting |= waits_for_turn(connection);
	memmove(connection->in, connection->in + at, connection->in_size - at);
	connection->in_size -= at;
	if (connection->session.ended && connection->lossy)
		server_session_init(&connection->session, 1);
	else if (connection->session.ended && !connection->out)
		connection->closed = true;
}

/* False: it is full, and may not grow. */
static bool make_room(struct connection *connection)
{
	tsem_u8 *in;

	if (connection->in_size < connection->in_room)
		return true;
	if (connection->in_room == IN_MAX || !connection->session.reader.session)
		return false;
	in = realloc(connection->in, IN_MAX);
	if (!in)
		return false;
	connection->in = in;
	connection->in_room = IN_MAX;
	return true;
}

static void receive(struct process *process, struct connection *connection)
{
	ssize_t got;

	if (!make_room(connection)) {
		connection->closed = true;
		return;
	}
	got = read(connection->line.in, connection->in + connection->in_size,
		   connection->in_room - connection->in_size);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		connection->closed = true;
		return;
	}
	connection->in_size += got;
	take_requests(process, connection, false);
}

static void end_turn(struct process *process, struct connection *connection)
{
	if (connection->closed)
		destroy_connection(process, connection);
	else
		watch_connection(process, connection);
}

static void serve(struct process *process, struct connection *connection, unsigned events)
{
	if (connection->out && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
		send_rest(connection);
		if (!connection->out)
			take_requests(process, connection, false);
	} else if (!connection->out && !connection->more) {
		receive(process, connection);
	}
	end_turn(process, connection);
}

/* Those whose turn had ended: one more for each. */
static void serve_waiting(struct process *process)
{
	struct connection *next;

	for (struct connection *connection = process->connections; connection; connection = next) {
		next = connection->next;
		if (!waits_for_turn(connection))
			continue;
		take_requests(process, connection, false);
		end_turn(process, connection);
	}
}

/* A frame that stopped in its middle, on a line that loses bytes, will not be ended. */
static void flush_idle(struct process *process)
{
	struct connection *next;

	for (struct connection *connection = process->connections; connection; connection = next) {
		next = connection->next;
		if (!connection->lossy || !connection->in_size || connection->out)
			continue;
		take_requests(process, connection, true);
		end_turn(process, connection);
	}
}

static int loop(struct process *process, struct tsem_error *error)
{
	struct epoll_event events[EVENTS];

	while (!process->ending) {
		bool partial = process->connections && process->connections->lossy && process->connections->in_size;
		bool waiting = process->waiting;
		int count = epoll_wait(process->poll, events, EVENTS, waiting ? 0 : partial ? IDLE_MS : -1);

		if (count < 0 && errno != EINTR)
			return tsem_error_set(error, errno, "the modeling agent cannot wait for requests: %s",
					      strerror(errno));
		process->waiting = false;
		if (count == 0 && !waiting)
			flush_idle(process);
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == &process->signals)
				process->ending = true;
			else if (events[i].data.ptr == &process->listener)
				accept_some(process);
			else
				serve(process, events[i].data.ptr, events[i].events);
			/* A line of two descriptors may be there twice, and its connection gone. */
			if (process->listener < 0 && i == 0)
				break;
		}
		if (waiting)
			serve_waiting(process);
	}
	return 0;
}

/* ---- beginning and end ---- */

static int prepare_signals(struct process *process, struct tsem_error *error)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	process->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	process->poll = epoll_create1(EPOLL_CLOEXEC);
	if (process->signals < 0 || process->poll < 0 ||
	    watch(process, EPOLL_CTL_ADD, process->signals, EPOLLIN, &process->signals) < 0)
		return tsem_error_set(error, errno, "the modeling agent cannot wait for requests: %s", strerror(errno));
	return 0;
}

/* Descriptors for all connections, as far as the hard limit allows. */
static void raise_descriptors(tsem_u32 connections)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= connections + 64)
		return;
	limit.rlim_cur = connections + 64 < limit.rlim_max ? connections + 64 : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_line(struct process *process, struct tsem_error *error)
{
	struct transport_link line = TRANSPORT_LINK_NONE;
	struct connection *connection;
	const char *rest;
	const struct transport *transport = transport_find(process->options->address, &rest, error);
	int r;

	if (!transport)
		return -EINVAL;
	process->transport = transport;
	if (transport->listen) {
		process->listener = transport->listen(rest, error);
		if (process->listener < 0)
			return process->listener;
		r = watch(process, EPOLL_CTL_ADD, process->listener, EPOLLIN, &process->listener);
		return r ? tsem_error_set(error, errno, "the modeling agent cannot listen: %s", strerror(errno)) : 0;
	}
	r = transport->connect(rest, 1000, &line, error);
	if (r)
		return r;
	if (line.peer) {
		transport_close(&line);
		return tsem_error_set(error, EINVAL, "no client can connect to %s: it is for tsem run --tma",
				      process->options->address);
	}
	connection = create_connection(process, &line);
	if (!connection)
		return tsem_error_set(error, ENOMEM, "the modeling agent cannot use the line %s",
				      process->options->address);
	connection->lossy = transport->lossy;
	connection->only = true;
	server_session_init(&connection->session, transport->lossy);
	return 0;
}

/* Closes every other descriptor that the caller had open. */
static void close_others(const struct process *process)
{
	int keep[] = {STDERR_FILENO, process->signals, process->poll, process->listener, -1, -1};
	int from = 0, next;

	if (process->connections) {
		keep[4] = process->connections->line.in;
		keep[5] = process->connections->line.out;
	}
	do {
		next = INT_MAX;
		for (size_t i = 0; i < sizeof(keep) / sizeof(*keep); i++)
			if (keep[i] >= from && keep[i] < next)
				next = keep[i];
		if (next > from)
			syscall(SYS_close_range, from, next - 1, 0);
		from = next < INT_MAX ? next + 1 : next;
	} while (from < INT_MAX);
}

static int run(struct process *process, struct tsem_error *error)
{
	int r = hashes_create(&process->server.hashes, error);

	if (!r)
		r = prepare_signals(process, error);
	if (!r)
		r = open_line(process, error);
	if (!r)
		close_others(process);
	if (!r)
		r = sandbox_enter(process->options->user, error);
	if (r)
		return r;
	if (process->options->ready)
		process->options->ready(process->options->context);
	return loop(process, error);
}

static void deinit(struct process *process)
{
	while (process->connections)
		destroy_connection(process, process->connections);
	if (process->listener >= 0)
		close(process->listener);
	if (process->signals >= 0)
		close(process->signals);
	if (process->poll >= 0)
		close(process->poll);
	free(process->gather);
	free(process);
}

int process_run(const struct process_options *options, struct tsem_error *error)
{
	struct process *process = calloc(1, sizeof(*process));
	int r;

	if (!process)
		return tsem_error_set(error, ENOMEM, "out of memory");
	process->options = options;
	process->left = options->memory;
	process->owner = geteuid();
	process->poll = process->listener = process->signals = -1;
	process->gather = malloc(GATHER);
	process->server = (struct server){
		.namespaces = NAMESPACES,
		.points = options->points,
		.points_max = AGENT_POINTS_MAX,
		.records = RECORDS,
		.records_max = options->memory,
		.context = &process->left,
		.allocate = space_allocate,
		.release = space_release,
		.random = space_random,
		.name = "tsem process",
		.scratch = process->scratch,
	};
	raise_descriptors(options->connections);
	r = process->gather ? run(process, error) : tsem_error_set(error, ENOMEM, "out of memory");
	deinit(process);
	return r;
}
