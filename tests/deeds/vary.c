/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * vary: deeds whose details differ from run to run, one on each line of the
 * standard input: DEED [ARGUMENT [ARGUMENT]]. For each one that was let it
 * prints "done LINE".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int can_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -1 : (int)read(fd, &byte, 1);

	if (fd >= 0)
		close(fd);
	return r < 0 ? -1 : 0;
}

static int process(const char *number)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/status", number);
	if (!*number)
		snprintf(path, sizeof(path), "/proc/%d/status", getpid());
	return can_read(path);
}

/* Makes files, and reads them again. */
static int instance(const char *count)
{
	char path[64];

	for (int i = 0; i < atoi(count); i++) {
		int fd;

		snprintf(path, sizeof(path), "made/%d-%d", getpid(), i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) || can_read(path))
			return -1;
	}
	return 0;
}

/* Makes directories with a file in each, and removes them again, one after the other. */
static int directories(const char *count)
{
	static int number;
	char path[64], file[80];

	for (int i = 0; i < atoi(count); i++) {
		int fd;

		snprintf(path, sizeof(path), "made/%d-%d", getpid(), number++);
		snprintf(file, sizeof(file), "%s/file", path);
		fd = mkdir(path, 0755) ? -1 : open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || close(fd) || unlink(file) || rmdir(path))
			return -1;
	}
	return 0;
}

/* That nobody listens is no refusal. */
static int reached(int r)
{
	return !r || errno == ECONNREFUSED ? 0 : -1;
}

/* Without a number to whoever listens on a port that the kernel chose. */
static int port(const char *address, const char *number)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(in);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), r;

	if (bind(listener, (struct sockaddr *)&in, sizeof(in)) || getsockname(listener, (struct sockaddr *)&in, &size))
		return -1;
	listen(listener, 1); /* the event has the port, too: where that is what is refused, the connection is as well */
	inet_aton(address, &in.sin_addr);
	if (*number)
		in.sin_port = htons(atoi(number));
	r = reached(connect(client, (struct sockaddr *)&in, sizeof(in)));
	close(listener);
	close(client);
	return r;
}

static int terminal(const char *path)
{
	char name[64];
	int master, slave, fd;

	if (openpty(&master, &slave, name, NULL, NULL))
		return -1;
	fd = open(*path ? path : name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	close(master);
	close(slave);
	return fd < 0 ? -1 : close(fd);
}

static int anonymous(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(un);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), r;

	if (bind(listener, (struct sockaddr *)&un, sizeof(sa_family_t)) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&un, &size))
		return -1;
	if (*name) {
		snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "%s", name);
		size = sizeof(sa_family_t) + 1 + strlen(name);
	}
	r = reached(connect(client, (struct sockaddr *)&un, size));
	close(listener);
	close(client);
	return r;
}

static int size(const char *number)
{
	int fd = open("cut", O_RDWR | O_CLOEXEC), r = fd < 0 ? -1 : ftruncate(fd, atoi(number));

	if (fd >= 0)
		close(fd);
	return r;
}

/* What open(2) makes with these flags, or finds; it is gone afterwards. */
static int opened(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);

	return fd < 0 || close(fd) || unlink(path) ? -1 : 0;
}

static int bound(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), r;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	r = bind(listener, (struct sockaddr *)&un, sizeof(un)) || listen(listener, 1) ||
	    connect(client, (struct sockaddr *)&un, sizeof(un)) || unlink(path);
	close(listener);
	close(client);
	return r ? -1 : 0;
}

/* As the C library makes a named semaphore: the second name of a file that was made for it. */
static int linked(const char *path)
{
	char first[160];
	int fd;

	snprintf(first, sizeof(first), "%s.first", path);
	fd = open(first, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 || close(fd) || link(first, path) || unlink(first) || unlink(path) ? -1 : 0;
}

static int removed(int r, const char *path)
{
	return r || unlink(path) ? -1 : 0;
}

/* Something that was not there before, under that name. */
static int made(const char *kind, const char *path)
{
	return !strcmp(kind, "exclusive") ? opened(path, O_CREAT | O_EXCL) :
	       !strcmp(kind, "created")	  ? opened(path, O_CREAT) :
	       !strcmp(kind, "directory") ? (mkdir(path, 0700) || rmdir(path) ? -1 : 0) :
	       !strcmp(kind, "fifo")	  ? removed(mkfifo(path, 0600), path) :
	       !strcmp(kind, "node")	  ? removed(mknod(path, S_IFREG | 0600, 0), path) :
	       !strcmp(kind, "symbolic")  ? removed(symlink("target", path), path) :
	       !strcmp(kind, "linked")	  ? linked(path) :
	       !strcmp(kind, "foreign")	  ? removed(link("cut", path), path) :
	       !strcmp(kind, "bound")	  ? bound(path) :
					    (errno = EINVAL, -1);
}

/* A symbolic link that leads there. */
static int leading(const char *path, const char *target)
{
	return removed(symlink(target, path), path);
}

/* A UNIX socket of that name, "@" for an abstract one: bound, and reached. */
static int named(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), r;
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + strlen(name) + (*name != '@');

	snprintf(un.sun_path, sizeof(un.sun_path), "%.100s", name);
	if (*name == '@')
		un.sun_path[0] = 0;
	r = bind(listener, (struct sockaddr *)&un, size) || listen(listener, 1) ||
	    connect(client, (struct sockaddr *)&un, size);
	close(listener);
	close(client);
	if (*name != '@')
		unlink(name);
	return r ? -1 : 0;
}

/* A file in memory of that name, opened once more. */
static int memory(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC), r;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = fd < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (r >= 0)
		close(r);
	if (fd >= 0)
		close(fd);
	return r < 0 ? -1 : 0;
}

static int do_deed(const char *deed, const char *a, const char *b)
{
	return !strcmp(deed, "process")	    ? process(a) :
	       !strcmp(deed, "instance")    ? instance(a) :
	       !strcmp(deed, "directories") ? directories(a) :
	       !strcmp(deed, "port")	    ? port(a, b) :
	       !strcmp(deed, "terminal")    ? terminal(a) :
	       !strcmp(deed, "anonymous")   ? anonymous(a) :
	       !strcmp(deed, "size")	    ? size(a) :
	       !strcmp(deed, "name")	    ? can_read(a) :
	       !strcmp(deed, "leading")	    ? leading(a, b) :
	       !strcmp(deed, "named")	    ? named(a) :
	       !strcmp(deed, "memory")	    ? memory(a) :
	       !strcmp(deed, "make")	    ? made(a, b) :
					      (errno = EINVAL, -1);
}

int main(void)
{
	char line[512], deed[32], a[256], b[128];

	while (fgets(line, sizeof(line), stdin)) {
		*a = *b = 0;
		if (sscanf(line, "%31s %255s %127s", deed, a, b) < 1)
			continue;
		if (!do_deed(deed, a, b))
			printf("done %s", line);
		else
			fprintf(stderr, "vary: %s: %s\n", deed, strerror(errno));
		fflush(stdout);
	}
	return 0;
}
