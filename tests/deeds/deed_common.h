/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What deeds have in common, and the deeds on files, programs and tasks. Part of deed.c. */
#ifndef TSEM_DEED_COMMON_H
#define TSEM_DEED_COMMON_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TMPFS_MAGIC_NUMBER 0x01021994
#define EXECUTED 77 /* exit status of the program that the deeds execute */
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

struct deed {
	const char *name;
	const char *event;
	void (*prepare)(void);
	void (*describe)(void);   /* the CELL, before the deed changes anything */
	long (*act)(void);        /* -1 and errno when it failed */
	bool (*effect)(void);
	int usual; /* errno outside of every namespace */
};

/* Between a deed and the child that it is done to. */
struct shared {
	volatile int ready, stop, signals;
	volatile long result, code;
};

static const char *base;
static const struct deed *deed;
static struct shared *shared;
static char json[65536];
static size_t json_size;
static pid_t child;
static int fd = -1, peer = -1, listener = -1;
static void *memory;

static void die(const char *what)
{
	fprintf(stderr, "deed %s: %s: %s\n", deed ? deed->name : "", what, strerror(errno));
	_exit(99);
}

/* Path of a file of the present deed. */
static const char *here(const char *name)
{
	static char paths[4][4096];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(*paths), "%s/%s%s%s", base, deed->name, *name ? "/" : "", name);
	return path;
}

/* ---- JSON ---- */

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	json_size += vsnprintf(json + json_size, sizeof(json) - json_size, format, arguments);
	va_end(arguments);
	if (json_size >= sizeof(json))
		die("JSON is too long");
}

static void add_bytes(const void *bytes, size_t size)
{
	const unsigned char *b = bytes;

	add("\"");
	for (size_t i = 0; i < size; i++)
		if (b[i] == '\\')
			add("\\\\\\\\");
		else if (b[i] < ' ' || b[i] == '"' || b[i] == 127)
			add("\\u%04x", b[i]);
		else
			add("%c", b[i]);
	add("\"");
}

static void add_string(const char *string)
{
	add_bytes(string, strlen(string));
}

static void add_inode_of(const struct stat *st, const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		die(path);
	add("{\"uid\":\"%u\",\"gid\":\"%u\",\"mode\":\"0%o\",\"s_magic\":\"0x%lx\",\"s_id\":\"@id\",\"s_uuid\":\"@uuid\"}", st->st_uid,
	    st->st_gid, st->st_mode, (unsigned long)fs.f_type);
}

static void add_inode(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		die(path);
	add_inode_of(&st, path);
}

static void add_path(const char *path)
{
	add("{\"dev\":\"@dev\",\"type\":\"@type\",\"pathname\":");
	add_string(path);
	add("}");
}

/* A file that was made in the namespace by the task itself, the first in its directory. */
static void add_created(const char *directory)
{
	add("{\"dev\":\"@dev\",\"type\":\"@type\",\"directory\":");
	add_string(directory);
	add(",\"instance\":\"1\",\"owner\":\"@self\"}");
}

static void add_dentry(const char *path)
{
	struct stat st;

	add("{");
	if (!lstat(path, &st)) {
		add("\"inode\":");
		add_inode_of(&st, path);
		add(",");
	}
	add("\"path\":");
	add_path(path);
	add("}");
}

static void add_file(const char *path, unsigned flags, bool digest)
{
	add("\"file\":{\"flags\":\"0x%x\",\"inode\":", flags | O_LARGEFILE | 0x8000);
	add_inode(path);
	add(",\"path\":");
	add_path(path);
	if (digest)
		add(",\"digest\":\"@sha256:%s\"}", path);
	else
		add(",\"digest\":\"" ZEROS "\"}");
}

static void add_sock(int family, int type, int protocol)
{
	add("\"sock\":{\"family\":\"%d\",\"type\":\"%d\",\"protocol\":\"%d\",\"owner\":\"@self\"}", family, type, protocol);
}

static void add_coe(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	syscall(SYS_capget, &header, data);
	add("\"COE\":{\"uid\":\"%u\",\"euid\":\"%u\",\"suid\":\"%u\",\"gid\":\"%u\",\"egid\":\"%u\",\"sgid\":\"%u\","
	    "\"fsuid\":\"%u\",\"fsgid\":\"%u\",\"capeff\":\"0x%llx\"}",
	    r, e, s, rg, eg, sg, e, eg, (unsigned long long)data[1].effective << 32 | data[0].effective);
}

/* ---- helpers of preparation ---- */

static int open_or_die(const char *path, int flags)
{
	int opened = open(path, flags, 0600);

	if (opened < 0)
		die(path);
	return opened;
}

static void prepare_nothing(void)
{
}

static void prepare_open_read(void)
{
	fd = open_or_die(here("file"), O_RDONLY);
}

static void prepare_open_write(void)
{
	fd = open_or_die(here("file"), O_RDWR);
}

static void count_signal(int sig)
{
	(void)sig;
	shared->signals++;
}

/* A child that waits, and ends without a signal. */
static void prepare_child(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	child = fork();
	if (child)
		while (!shared->ready)
			nanosleep(&ms, NULL);
	if (child)
		return;
	signal(SIGUSR1, count_signal);
	shared->ready = 1;
	while (!shared->stop)
		nanosleep(&ms, NULL);
	_exit(0);
}

static bool effect_descriptor(void)
{
	return peer >= 0;
}

/* ---- processes ---- */

static long execute(const char *path, bool huge)
{
	static char argument[300000];
	char *const arguments[] = {"program", huge ? argument : "executed", NULL};
	pid_t pid;
	int status;

	memset(argument, 'x', sizeof(argument) - 1);
	pid = vfork();
	if (!pid) {
		execve(path, arguments, NULL);
		shared->code = errno;
		_exit(1);
	}
	waitpid(pid, &status, 0);
	shared->signals = WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED;
	errno = shared->code;
	return shared->signals ? 0 : -1;
}

/* An exec that fails after the file was opened for execution and before it is one. */
static void prepare_exec(void)
{
	execute(here("program"), true);
}

static void describe_exec(void)
{
	add_file(here("program"), 0x20, true);
}

static long act_exec(void)
{
	return execute(here("program"), false);
}

static bool effect_signal(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	for (int i = 0; i < 300 && !shared->signals; i++)
		nanosleep(&ms, NULL);
	return shared->signals;
}

static bool effect_executed(void)
{
	return shared->signals;
}

static void describe_kill(void)
{
	add("\"target\":\"@self\",\"sig\":\"%d\",\"cross_ns\":\"0\"", SIGUSR1);
}

static long act_kill(void)
{
	return kill(child, SIGUSR1);
}

static pid_t victim(void)
{
	const char *pid = getenv("VICTIM");

	return pid ? atoi(pid) : 0;
}

static void describe_kill_outside(void)
{
	add("\"target\":\"" ZEROS "\",\"sig\":\"%d\",\"cross_ns\":\"1\"", SIGUSR2);
}

static long act_kill_outside(void)
{
	return kill(victim(), SIGUSR2);
}

static bool effect_kill_outside(void)
{
	struct timespec ms = {.tv_nsec = 1000000};
	char path[4096];

	snprintf(path, sizeof(path), "%s/victim.signalled", base);
	for (int i = 0; i < 300 && access(path, F_OK); i++)
		nanosleep(&ms, NULL);
	return !access(path, F_OK);
}

static void describe_ptrace(void)
{
	add("\"target\":\"@self\",\"mode\":\"0x12\"");
}

static long act_ptrace(void)
{
	return ptrace(PTRACE_SEIZE, child, 0, 0);
}

static bool effect_ptrace(void)
{
	return !ptrace(PTRACE_INTERRUPT, child, 0, 0);
}

static void describe_ptrace_outside(void)
{
	add("\"target\":\"" ZEROS "\",\"mode\":\"0x12\"");
}

static long act_ptrace_outside(void)
{
	return ptrace(PTRACE_SEIZE, victim(), 0, 0);
}

static bool effect_ptrace_outside(void)
{
	return !ptrace(PTRACE_INTERRUPT, victim(), 0, 0);
}

static struct __user_cap_data_struct caps_now[2], caps_wanted[2];

static void caps_get(struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	if (syscall(SYS_capget, &header, data))
		die("capget");
}

static void describe_capset(void)
{
	caps_get(caps_now);
	memcpy(caps_wanted, caps_now, sizeof(caps_now));
	caps_wanted[0].effective &= ~(1u << CAP_SYS_NICE | 1u << CAP_SYS_TIME);
	caps_wanted[0].permitted &= ~(1u << CAP_SYS_TIME);
	caps_wanted[0].inheritable = 1u << CAP_CHOWN;
	add("\"effective\":\"0x%llx\",\"inheritable\":\"0x%llx\",\"permitted\":\"0x%llx\"",
	    (unsigned long long)caps_wanted[1].effective << 32 | caps_wanted[0].effective,
	    (unsigned long long)caps_wanted[1].inheritable << 32 | caps_wanted[0].inheritable,
	    (unsigned long long)caps_wanted[1].permitted << 32 | caps_wanted[0].permitted);
}

static long act_capset(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, caps_wanted);
}

static bool effect_capset(void)
{
	struct __user_cap_data_struct data[2];

	caps_get(data);
	return memcmp(data, caps_now, sizeof(data)) != 0;
}

/* ---- files ---- */

static void describe_open(void)
{
	add_file(here("file"), O_RDONLY, false);
}

static long act_open(void)
{
	return peer = open(here("file"), O_RDONLY);
}

static void describe_open_append(void)
{
	add_file(here("file"), O_RDWR | O_APPEND | O_NONBLOCK, false);
}

static long act_open_append(void)
{
	return peer = open(here("file"), O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC);
}

static bool file_size(const char *path, off_t size)
{
	struct stat st;

	return !stat(path, &st) && st.st_size == size;
}

static bool effect_empty(void)
{
	return file_size(here("file"), 0);
}

/* The truncation is no part of the flags that a file keeps; it is an inode_setattr of its own. */
static void describe_open_trunc(void)
{
	add_file(here("file"), O_WRONLY, false);
}

static long act_open_trunc(void)
{
	return open(here("file"), O_WRONLY | O_TRUNC);
}

static void describe_open_directory(void)
{
	add_file(here("dir"), O_RDONLY | O_DIRECTORY, false);
}

static long act_open_directory(void)
{
	return peer = open(here("dir"), O_RDONLY | O_DIRECTORY);
}

/* A second name: the event has the file's own. */
static long act_open_symlink(void)
{
	return peer = open(here("symlink"), O_RDONLY);
}

static void describe_mmap(void)
{
	add_file(here("file"), O_RDONLY, true);
	add(",\"prot\":\"0x5\",\"flags\":\"0x2\"");
}

static bool effect_memory(void)
{
	return memory && memory != MAP_FAILED;
}

static long act_mmap(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return memory == MAP_FAILED ? -1 : 0;
}

static void describe_mmap_anonymous(void)
{
	add("\"prot\":\"0x7\",\"flags\":\"0x22\"");
}

static long act_mmap_anonymous(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? -1 : 0;
}

/* movl $EXECUTED, %eax; ret */
static const unsigned char code[] = {0xb8, EXECUTED, 0, 0, 0, 0xc3};

static void prepare_mprotect(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(memory, code, sizeof(code));
}

static void describe_mprotect(void)
{
	add("\"prot\":\"0x5\",\"flags\":\"0x0\"");
}

static long act_mprotect(void)
{
	return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

/* Runs the code in a child, which dies when the memory is not executable. */
static void prepare_mprotect_file(void)
{
	prepare_open_read();
	memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
}

static void describe_mprotect_file(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"prot\":\"0x5\",\"flags\":\"0x0\"");
}

static void faulted(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	_exit(info->si_addr == memory ? 0 : EXECUTED);
}

/* The file holds no code that means anything: its first instruction is fetched, or it is not. */
static bool effect_fetched(void)
{
	struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO};
	int status;

	if (!fork()) {
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGILL, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
		((void (*)(void))memory)();
		_exit(EXECUTED);
	}
	wait(&status);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED;
}

static bool effect_mprotect(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(((int (*)(void))memory)());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED;
}

static void prepare_receive(void)
{
	char data = 'x', control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec io = {&data, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct msghdr plain = {.msg_iov = &io, .msg_iovlen = 1};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int pair[2], sent = open_or_die(here("file"), O_RDWR | O_APPEND);

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		die("socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &sent, sizeof(int));
	/* First one without a descriptor, so that receiving as such is known. */
	if (write(pair[0], &data, 1) != 1 || recvmsg(pair[1], &plain, 0) != 1)
		die("recvmsg");
	if (sendmsg(pair[0], &m, 0) != 1)
		die("sendmsg");
	fd = pair[1];
}

static void describe_receive(void)
{
	add_file(here("file"), O_RDWR | O_APPEND, false);
}

/* The kernel gives the message without the descriptor when that is refused; there is no error then. */
static long act_receive(void)
{
	char data, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec io = {&data, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c;

	if (recvmsg(fd, &m, 0) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&peer, CMSG_DATA(c), sizeof(int));
	errno = EPERM;
	return peer < 0 && m.msg_flags & MSG_CTRUNC ? -1 : 0;
}

/* Asks for the capability, too. */
static void prepare_module(void)
{
	prepare_open_read();
	syscall(SYS_finit_module, -1, "", 0);
}

static void describe_module(void)
{
	add_file(here("file"), O_RDONLY, true);
	add(",\"id\":\"2\",\"contents\":\"1\"");
}

static long act_module(void)
{
	return syscall(SYS_finit_module, fd, "", 0);
}

/* The kernel reads it, and finds that it is not a module. */
static bool effect_module(void)
{
	return shared->code == ENOEXEC;
}

#endif
