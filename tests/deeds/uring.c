// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * uring [async] [poll] DIR   does to the files of DIR through io_uring what system calls do else, and prints what came
 *                            of each: open, create (both also by openat2), unlink, rename, mkdir, symlink, link,
 *                            socket, connect.
 * uring [async] [poll] DIR nothing   only makes the ring and the socket
 * uring [async] [poll] DIR at|at2|path   besides only opens a file, as openat, openat2, or O_PATH and openat2 again
 *
 * async: by the ring's workers; poll: submitted by a kernel thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring.h"

static int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned flags = IORING_ENTER_GETEVENTS, head;
	int result;

	ring_put(r, sqe);
	__sync_synchronize();
	if (r->poll && __atomic_load_n(r->flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, r->fd, r->poll ? 0 : 1, 1, flags, NULL, 0) < 0)
		return -errno;
	head = *r->cq_head;
	if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	result = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static void say(const char *what, int result)
{
	printf("%s=%s ", what, result < 0 ? strerrorname_np(-result) : "0");
}

static struct io_uring_sqe names(unsigned opcode, const char *name, const char *other)
{
	struct io_uring_sqe sqe;

	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = opcode;
	sqe.fd = AT_FDCWD;
	sqe.addr = (uintptr_t)name;
	sqe.off = (uintptr_t)other;
	if (other && opcode != IORING_OP_SYMLINKAT)
		sqe.len = AT_FDCWD;
	return sqe;
}

static int ring_open_at(struct ring *r, const char *name, unsigned flags)
{
	struct io_uring_sqe sqe = names(IORING_OP_OPENAT, name, NULL);

	sqe.open_flags = flags;
	sqe.len = flags & O_CREAT ? 0600 : 0;
	return ring_do(r, &sqe);
}

static int ring_open_at2(struct ring *r, const char *name, unsigned flags, unsigned resolve)
{
	struct open_how how = {.flags = flags, .mode = flags & O_CREAT ? 0600 : 0, .resolve = resolve};
	struct io_uring_sqe sqe = names(IORING_OP_OPENAT2, name, NULL);

	sqe.off = (uintptr_t)&how;
	sqe.len = sizeof(how);
	return ring_do(r, &sqe);
}

static int ring_open_again(struct ring *r, const char *name)
{
	char path[64];
	int fd = ring_open_at2(r, name, O_PATH, 0);

	if (fd < 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	return ring_open_at2(r, path, O_RDONLY, 0);
}

static void deeds(struct ring *r, int sock)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(7011),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct io_uring_sqe sqe;

	say("open", ring_open_at(r, "open", O_RDONLY));
	say("create", ring_open_at(r, "created", O_CREAT | O_WRONLY));
	say("open2", ring_open_at2(r, "open2", O_RDONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
	say("create2", ring_open_at2(r, "created2", O_CREAT | O_WRONLY, RESOLVE_BENEATH));
	sqe = names(IORING_OP_UNLINKAT, "unlink", NULL);
	say("unlink", ring_do(r, &sqe));
	sqe = names(IORING_OP_RENAMEAT, "rename", "renamed");
	say("rename", ring_do(r, &sqe));
	sqe = names(IORING_OP_MKDIRAT, "made", NULL);
	sqe.len = 0700;
	say("mkdir", ring_do(r, &sqe));
	sqe = names(IORING_OP_SYMLINKAT, "target", "symlink");
	say("symlink", ring_do(r, &sqe));
	sqe = names(IORING_OP_LINKAT, "link", "linked");
	say("link", ring_do(r, &sqe));
	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_SOCKET;
	sqe.fd = AF_INET6;
	sqe.off = SOCK_DGRAM;
	say("socket", ring_do(r, &sqe));
	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_CONNECT;
	sqe.fd = sock;
	sqe.addr = (uintptr_t)&in;
	sqe.off = sizeof(in);
	say("connect", ring_do(r, &sqe));
}

int main(int argc, char **argv)
{
	struct ring ring = {};
	int sock;

	for (; argc > 1 && (!strcmp(argv[1], "async") || !strcmp(argv[1], "poll")); argv++, argc--)
		*(*argv[1] == 'a' ? &ring.async : &ring.poll) = true;
	if (argc < 2 || chdir(argv[1]))
		return 2;
	sock = socket(AF_INET, SOCK_STREAM, 0);
	if (sock < 0 || ring_open(&ring)) {
		perror("io_uring");
		return 1;
	}
	if (argc == 2)
		deeds(&ring, sock);
	else if (!strcmp(argv[2], "at"))
		say("opened", ring_open_at(&ring, "open", O_RDONLY));
	else if (!strcmp(argv[2], "at2"))
		say("opened", ring_open_at2(&ring, "open", O_RDONLY, RESOLVE_NO_SYMLINKS));
	else if (!strcmp(argv[2], "path"))
		say("opened", ring_open_again(&ring, "open"));
	puts("");
	return 0;
}
