/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unix:PATH, or unix:@NAME in the abstract name space of the network namespace. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "transport.h"

#define BACKLOG 1024

static int make_address(const char *rest, struct sockaddr_un *ret_address, socklen_t *ret_size,
			struct tsem_error *error)
{
	size_t size = strlen(rest);

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	if (size >= sizeof(ret_address->sun_path))
		return tsem_error_set(error, ENAMETOOLONG,
				      "'%s' is longer than the %zu bytes that a UNIX socket's name can have", rest,
				      sizeof(ret_address->sun_path) - 1);
	memcpy(ret_address->sun_path, rest, size);
	*ret_size = offsetof(struct sockaddr_un, sun_path) + size + (rest[0] != '@');
	if (rest[0] == '@')
		ret_address->sun_path[0] = 0;
	return 0;
}

/*
 * Checks who listens there. The abstract namespace is open to everybody, so it accepts only this user or root. For a
 * file it also accepts the owner: the caller chose the path and trusts its owner. It fails closed.
 */
static int check_server(int fd, const char *rest, struct tsem_error *error)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);
	struct stat status;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return tsem_error_set(error, errno, "cannot identify the modeling agent at %s: %s", rest,
				      strerror(errno));
	if (peer.uid == 0 || peer.uid == geteuid() ||
	    (rest[0] != '@' && !lstat(rest, &status) && peer.uid == status.st_uid))
		return 0;
	return tsem_error_set(
		error, EPERM,
		"the modeling agent at %s belongs to user %u, who is neither you nor root: tsem does not ask it", rest,
		peer.uid);
}

static int connect_unix(const char *rest, unsigned deadline_ms, struct transport_link *ret_link,
			struct tsem_error *error)
{
	struct timeval wait = {deadline_ms / 1000, deadline_ms % 1000 * 1000};
	struct sockaddr_un address;
	socklen_t size;
	int r, fd;

	r = make_address(rest, &address, &size, error);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return transport_fail(fd, errno, "make a socket for", rest, error);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* connect waits while the backlog is full */
	if (connect(fd, (struct sockaddr *)&address, size) < 0)
		return transport_fail(fd, errno == EAGAIN ? ETIMEDOUT : errno, "connect to the modeling agent at", rest,
				      error);
	r = check_server(fd, rest, error);
	if (!r)
		r = transport_unblock(fd, rest, error);
	if (r)
		close(fd);
	else
		*ret_link = (struct transport_link){fd, fd, NULL};
	return r;
}

/* Removes the socket of a dead agent, but not one at which a process answers. */
static int remove_stale(const char *path, const struct sockaddr_un *address, socklen_t size)
{
	struct stat status;
	int fd, r;

	if (path[0] == '@' || lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	r = connect(fd, (const struct sockaddr *)address, size) < 0 ? errno : EADDRINUSE;
	close(fd);
	if (r == ECONNREFUSED)
		return unlink(path) < 0 ? errno : 0;
	return r == EAGAIN ? EADDRINUSE : r;
}

/* Only the owner may write to the file, so only the owner can connect. Abstract names rely on admit_unix() alone. */
static int listen_unix(const char *rest, struct tsem_error *error)
{
	struct sockaddr_un address;
	socklen_t size;
	int r, fd;

	r = make_address(rest, &address, &size, error);
	if (r)
		return r;
	r = remove_stale(rest, &address, size);
	if (r)
		return transport_fail(-1, r, "listen at", rest, error);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return transport_fail(fd, errno, "make a socket for", rest, error);
	/* The file gets the mode that the socket has. */
	r = fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0 ? errno :
														 0;
	return r ? transport_fail(fd, r, "listen at", rest, error) : fd;
}

/* Admits the owner of the agent, and root, who can become the owner. A peer is a process. */
static bool admit_unix(int fd, const struct sockaddr_storage *address, uid_t owner, tsem_u64 *ret_peer)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	(void)address;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || (peer.uid && peer.uid != owner))
		return false;
	*ret_peer = peer.pid;
	return true;
}

const struct transport transport_unix = {"unix", "unix:PATH", false, connect_unix, listen_unix, admit_unix};
