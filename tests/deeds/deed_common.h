/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What deeds have in common: their form, and JSON. Part of deed.c and of deed_all.c. */
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
#include <sys/fsuid.h>
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

/* Two programs share this, and each uses a part of it; rows leave out what is as usual. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define EXECUTED 77 /* exit status of the program that the deeds execute */
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

struct deed {
	const char *name;
	const char *event;
	void (*prepare)(void);
	void (*describe)(void); /* the CELL, before the deed changes anything */
	long (*act)(void); /* -1 and errno when it failed */
	bool (*effect)(void);
	int usual; /* errno outside of every namespace */
	int refused; /* errno that the kernel makes of a refusal, if not EPERM */
	void (*undo)(void);
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
	add("{\"uid\":\"%u\",\"gid\":\"%u\",\"mode\":\"0%o\",\"s_magic\":\"0x%lx\",\"s_id\":\"@id\",\"s_uuid\":\"@uuid\"}",
	    st->st_uid, st->st_gid, st->st_mode, (unsigned long)fs.f_type);
}

static void add_inode(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		die(path);
	add_inode_of(&st, path);
}

/* "namespace" in another mount namespace; @type: as compare.py is told. */
static const char *path_type = "@type";

static void add_path(const char *path)
{
	add("{\"dev\":\"@dev\",\"type\":\"%s\",\"pathname\":", path_type);
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

static void add_sock_as(const char *name, int family, int type, int protocol)
{
	add("\"%s\":{\"family\":\"%d\",\"type\":\"%d\",\"protocol\":\"%d\",\"owner\":\"@self\"}", name, family, type,
	    protocol);
}

static void add_sock(int family, int type, int protocol)
{
	add_sock_as("sock", family, type, protocol);
}

static unsigned long long spaces; /* bits of the COE for the kernel's namespaces that it has left */

/* Leaves one: its flag of unshare(2), and its bit. */
static int leave_space(int flag, int bit)
{
	spaces |= 1ull << bit;
	return unshare(flag);
}
#define leave_host() leave_space(CLONE_NEWUTS, 62)
#define leave_ipc() leave_space(CLONE_NEWIPC, 61)

/* Credentials of the present process: of every event, or as a field of one. */
static void add_ids(const char *name, const char *more)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	syscall(SYS_capget, &header, data);
	add("\"%s\":{\"uid\":\"%u\",\"euid\":\"%u\",\"suid\":\"%u\",\"gid\":\"%u\",\"egid\":\"%u\",\"sgid\":\"%u\","
	    "\"fsuid\":\"%u\",\"fsgid\":\"%u\",\"capeff\":\"0x%llx\"%s}",
	    name, r, e, s, rg, eg, sg, e, setfsgid(-1),
	    (unsigned long long)data[1].effective << 32 | data[0].effective | (*more ? 0 : spaces), more);
}

static void add_coe(void)
{
	add_ids("COE", "");
}

static void add_creds(const char *name)
{
	add_ids(name, ",\"securebits\":\"0x0\"");
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

static bool file_size(const char *path, off_t size)
{
	struct stat st;

	return !stat(path, &st) && st.st_size == size;
}

static pid_t victim(void)
{
	const char *pid = getenv("VICTIM");

	return pid ? atoi(pid) : 0;
}

static void caps_get(struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	if (syscall(SYS_capget, &header, data))
		die("capget");
}

/* ---- sockets ---- */

/* The address of the present deed, as the kernel wants it. */
static struct sockaddr_storage address;
static socklen_t address_size;

static void address_inet(unsigned port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address_size = sizeof(*in);
}

static void address_inet6(unsigned port)
{
	struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address;

	in->sin6_family = AF_INET6;
	in->sin6_port = htons(port);
	in->sin6_flowinfo = 0x04030201;
	in->sin6_addr = in6addr_loopback;
	in->sin6_scope_id = 1;
	address_size = sizeof(*in);
}

static void address_unix(const char *name, size_t size)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address;

	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, name, size);
	address_size = offsetof(struct sockaddr_un, sun_path) + size;
}

static int socket_or_die(int family, int type)
{
	int s = socket(family, type | SOCK_NONBLOCK, 0);
	int on = 1;

	if (s < 0)
		die("socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return s;
}

static void listen_here(void)
{
	listener = socket_or_die(address.ss_family, SOCK_STREAM);
	if (bind(listener, (struct sockaddr *)&address, address_size) || listen(listener, 3))
		die("listen");
}

static void describe_addr(void)
{
	const struct sockaddr_in *in = (const void *)&address;
	const struct sockaddr_in6 *in6 = (const void *)&address;
	const struct sockaddr_un *un = (const void *)&address;
	size_t size = address_size - 2;
	char text[64];

	add(",\"addr\":{");
	if (address.ss_family == AF_INET)
		add("\"af_inet\":{\"port\":\"%u\",\"address\":\"%s\"}", ntohs(in->sin_port),
		    inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)));
	if (address.ss_family == AF_INET6)
		add("\"af_inet6\":{\"port\":\"%u\",\"flow\":\"%u\",\"scope\":\"%u\",\"address\":\"%s\"}",
		    ntohs(in6->sin6_port), in6->sin6_flowinfo, in6->sin6_scope_id,
		    inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)));
	if (address.ss_family == AF_UNIX) {
		add("\"af_unix\":{\"address\":");
		add_bytes(un->sun_path, size && *un->sun_path ? strnlen(un->sun_path, size) : size);
		add("}");
	}
	add("}");
}

/* A connection that is being made is a connection. */
static long act_connect(void)
{
	return connect(fd, (struct sockaddr *)&address, address_size) && errno != EINPROGRESS ? -1 : 0;
}

static bool effect_connected(void)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	return poll(&p, 1, 300) == 1;
}

#endif
