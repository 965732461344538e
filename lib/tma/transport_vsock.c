/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vsock:CID:PORT between a virtual machine and its host. The host has CID 2; a listener takes `any` for its CID. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "transport.h"

static bool parse_number(const char *text, char end, unsigned *ret_number, const char **ret_end)
{
	char *stop;
	unsigned long number = strtoul(text, &stop, 10);

	if (*text < '0' || *text > '9' || *stop != end || number > 0xfffffffe)
		return false;
	*ret_number = number;
	*ret_end = stop;
	return true;
}

static int make_address(const char *rest, bool listening, struct sockaddr_vm *ret_address, struct tsem_error *error)
{
	const char *at = rest + 3;
	bool any = listening && !strncmp(rest, "any:", 4);
	unsigned cid = VMADDR_CID_ANY, port;

	if ((!any && !parse_number(rest, ':', &cid, &at)) || !parse_number(at + 1, 0, &port, &at))
		return tsem_error_set(error, EINVAL, "'vsock:%s' should be vsock:CID:PORT, both numbers%s", rest,
				      listening ? ", or vsock:any:PORT" : "");
	*ret_address = (struct sockaddr_vm){.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port};
	return 0;
}

static int connect_vsock(const char *rest, unsigned deadline_ms, struct transport_link *ret_link,
			 struct tsem_error *error)
{
	struct timeval wait = {deadline_ms / 1000, deadline_ms % 1000 * 1000};
	struct sockaddr_vm address;
	int fd, r = make_address(rest, false, &address, error);

	if (r)
		return r;
	fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return transport_fail(fd, errno, "make a vsock socket for", rest, error);
	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return transport_fail(fd, errno, "connect to the modeling agent at vsock", rest, error);
	r = transport_unblock(fd, rest, error);
	if (r)
		close(fd);
	else
		*ret_link = (struct transport_link){fd, fd, NULL};
	return r;
}

static int listen_vsock(const char *rest, struct tsem_error *error)
{
	struct sockaddr_vm address;
	int fd, r = make_address(rest, true, &address, error);

	if (r)
		return r;
	fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return transport_fail(fd, errno, "make a vsock socket for", rest, error);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0)
		return transport_fail(fd, errno, "listen at vsock", rest, error);
	return fd;
}

/* Any machine may; a peer is one. */
static bool admit_vsock(int fd, const struct sockaddr_storage *address, uid_t owner, tsem_u64 *ret_peer)
{
	(void)fd;
	(void)owner;
	*ret_peer = ((const struct sockaddr_vm *)address)->svm_cid;
	return true;
}

const struct transport transport_vsock = {"vsock", "vsock:CID:PORT", false, connect_vsock, listen_vsock, admit_vsock};
