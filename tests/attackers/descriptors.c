/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors that arrive otherwise than by being opened. An accomplice outside has one of `secret`. */
#include "uring.h"

#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/un.h>

static int pass(int s, int fd, bool send)
{
	char room[CMSG_SPACE(sizeof(int))] = "", c = 'x';
	struct iovec text = {&c, 1};
	struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&m);

	if (send) {
		*header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		return sendmsg(s, &m, 0);
	}
	if (recvmsg(s, &m, 0) != 1 || !(header = CMSG_FIRSTHDR(&m)))
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Accepts one, takes what he sends, does something with it, answers with a byte. */
static void accomplice(void (*act)(int s, int fd))
{
	int listener = listen_unix("s", 2, SOCK_STREAM), s, fd;

	chmod("s", 0666);
	fcntl(listener, F_SETFL, 0);
	if (fork()) {
		close(listener);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	s = accept(listener, NULL, NULL);
	fd = pass(s, -1, false);
	if (strcmp(how, "benign"))
		act(s, fd);
	_exit(write(s, "x", 1) != 1);
}

static int meet(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "s"};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connect(s, (struct sockaddr *)&un, 4))
		die("connect");
	return s;
}

static void answer(int s)
{
	char c;

	if (read(s, &c, 1) < 0)
		die("read");
}

/* ---- a ring ---- */

#define RING 72

/* The kernel sends no ring over a socket; he takes it. */
static void put_in_ring(int s, int fd)
{
	int opened = open("secret", O_RDONLY);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct io_uring_sqe e = {.opcode = IORING_OP_MSG_RING, .addr = IORING_MSG_SEND_FD, .addr3 = 0, .file_index = 1};
	struct ring r;

	close(fd);
	getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	e.fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, peer.pid, 0), RING, 0);
	if (!ring_make(&r, 0) || syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, &opened, 1))
		die("ring");
	errno = -ring_do(&r, &e);
	if (errno > 0)
		die("IORING_MSG_SEND_FD");
}

static void ring_setup(void)
{
	accomplice(put_in_ring);
}

static void ring_of(struct ring *r)
{
	int none = -1, s = meet();

	if (!ring_make(r, 0) || syscall(SYS_io_uring_register, r->fd, IORING_REGISTER_FILES, &none, 1)) {
		succeeded(false);
		return;
	}
	dup2(r->fd, RING);
	pass(s, 0, true);
	answer(s);
}

static void ring_attack(void)
{
	char text[64] = "";
	struct io_uring_sqe e = {.opcode = IORING_OP_READ,
				 .flags = IOSQE_FIXED_FILE,
				 .addr = (unsigned long)text,
				 .len = 63};
	struct ring r;

	ring_of(&r);
	ring_wait(&r); /* that something came */
	ring_do(&r, &e);
	say(text);
}

static void meet_benign(void)
{
	int s = meet();

	pass(s, open("allowed", O_RDONLY), true);
	answer(s);
}

/* ---- rights, and a supervisor of system calls ---- */

static void send_back(int s, int fd)
{
	close(fd);
	pass(s, open("secret", O_RDONLY), true);
}

static void rights_setup(void)
{
	accomplice(send_back);
}

static void rights_attack(void)
{
	int s = meet(), fd;

	pass(s, open("allowed", O_RDONLY), true);
	fd = pass(s, -1, false);
	if (fd >= 0)
		show(fd);
}

static void add_by_listener(int s, int listener)
{
	struct seccomp_notif n = {};
	struct seccomp_notif_addfd a = {};

	if (write(s, "g", 1) != 1 || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n))
		return;
	a.id = n.id;
	a.srcfd = open("secret", O_RDONLY);
	a.flags = SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND;
	a.newfd = 70;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
}

static void listener_setup(void)
{
	accomplice(add_by_listener);
}

static int make_listener(void)
{
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
				     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgrp, 0, 1),
				     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
				     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void listener_benign(void)
{
	int s = meet();

	pass(s, make_listener(), true);
	answer(s);
}

static void listener_attack(void)
{
	int s = meet();

	pass(s, make_listener(), true);
	answer(s);
	syscall(SYS_getpgrp);
	show(70);
}

/* ---- out of other processes ---- */

static void hold_secret(void)
{
	int fd = open("secret", O_RDONLY);

	dup2(fd, 71);
	victim();
	close(fd);
	close(71);
}

static void take_benign(void)
{
	close(syscall(SYS_pidfd_open, number, 0));
}

static void take_attack(void)
{
	int fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, number, 0), 71, 0);

	if (fd >= 0)
		show(fd);
	else
		succeeded(false);
}

/* The memory that files of two processes have in common: a descriptor table is joined by clone only. */
static void look_at_attack(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/fd/71", number);
	show_path(path, O_RDONLY);
}

/* ---- a directory that is only looked at, as a place to be in ---- */

#define GROUP "/sys/fs/cgroup/tsem-attackers"

static void group_setup(void)
{
	rmdir(GROUP);
	if (mkdir(GROUP, 0755))
		cannot("control groups");
}

static void group_undo(void)
{
	for (int i = 0; i < 50 && rmdir(GROUP); i++)
		sleep_ms(20);
}

static void clone_into(int flags)
{
	struct clone_args a = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	pid_t pid;

	a.cgroup = open(GROUP, flags | O_DIRECTORY);
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (!pid) {
		look();
		_exit(0);
	}
	succeeded(pid > 0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void group_attack(void)
{
	clone_into(O_RDONLY);
}

static void group_path_attack(void)
{
	clone_into(O_PATH);
}

static bool group_has_member(void)
{
	char c;
	int fd = open(GROUP "/cgroup.procs", O_RDONLY), n = read(fd, &c, 1);

	close(fd);
	return n == 1;
}

static void fork_benign(void)
{
	waitpid(child_of(open_allowed), NULL, 0);
}

KIND(descriptors,
     {"ring_passes", BOTH, "^(file_receive|inode_init_security_anon|capable) ", ring_setup, meet_benign, ring_attack,
      told},
     {"rights", BOTH, "^file_receive ", rights_setup, meet_benign, rights_attack, told},
     {"listener_adds", BOTH, "^file_receive ", listener_setup, listener_benign, listener_attack, told},
     {"pidfd_getfd", BOTH, "^(ptrace_access_check|file_receive|capable) ", hold_secret, take_benign, take_attack, told},
     {"descriptor_of_other", BOTH, "^(file_open|ptrace_access_check|capable) ", hold_secret, open_allowed,
      look_at_attack, told},
     {"into_group", ROOT, "^file_open ", group_setup, fork_benign, group_attack, group_has_member, group_undo},
     {"into_group_by_path", ROOT, "^task_alloc ", group_setup, fork_benign, group_path_attack, group_has_member,
      group_undo}, );
