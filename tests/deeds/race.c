// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Something is changed while it is looked at. Prints how often what happened.
 *
 * race path A B N       opens a name N times; a thread makes it A and B by turns (both of one length)
 * race exec A B N       the same, and executes it
 * race connect A B N    connects N times; a thread makes the port A and B by turns
 * race open NAME N      opens NAME N times
 * race run NAME N       executes NAME N times
 * race below FILE NAME N   opens NAME N times; a thread removes and makes FILE
 * race cached FILE NAME N  the same, and only if no directory has to be read; a thread renames FILE to and fro
 * race memory A B N     executes memory N times; a thread makes its content that of A and of B by turns
 * race dying SECRET N   N times: a process that makes children is killed; each child opens SECRET
 *
 * outside, until killed:
 * race listen A B       listens on both ports
 * race turn NAME A B    makes NAME a symbolic link to A and to B by turns
 * race exchange A B     lets A and B change places
 *
 * A file of which the first byte is s is secret; a program that is not wanted ends with 43, the other
 * with 42.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_SIZE (4 << 20)

static struct {
	int wanted, other, refused, failed;
} count;

static char name[4096];
static const char *first, *second;
static struct sockaddr_in in = {.sin_family = AF_INET};
static char *memory, *images[2];

static int say(void)
{
	printf("%d %d %d %d\n", count.wanted, count.other, count.refused, count.failed);
	return 0;
}

static void tally(bool done, bool other)
{
	if (done)
		other ? count.other++ : count.wanted++;
	else
		errno == EPERM ? count.refused++ : count.failed++;
}

static void open_once(void)
{
	char byte = 0;
	int fd = open(name, O_RDONLY);
	bool done = fd >= 0 && read(fd, &byte, 1) == 1;

	tally(done, byte == 's');
	if (fd >= 0)
		close(fd);
}

static void judge(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	tally(errno == 42 || errno == 43, errno == 43);
}

/* In a child made by vfork, so that the thread goes on meanwhile. */
static void run_once(void)
{
	char *const argv[] = {"x", NULL};
	pid_t pid = vfork();

	if (!pid) {
		execve(name, argv, environ);
		_exit(errno);
	}
	judge(pid);
}

static void connect_once(void)
{
	struct sockaddr_in peer = {};
	socklen_t size = sizeof(peer);
	int sock = socket(AF_INET, SOCK_STREAM, 0);
	bool done = !connect(sock, (struct sockaddr *)&in, sizeof(in));

	if (done)
		done = !getpeername(sock, (struct sockaddr *)&peer, &size);
	tally(done, peer.sin_port == htons(atoi(second)));
	close(sock);
}

static int memory_file;

static void memory_once(void)
{
	char *const argv[] = {"x", NULL};
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, memory_file, "", argv, environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	judge(pid);
}

static void *turn_name(void *unused)
{
	for (;;) {
		memcpy(name, first, strlen(first));
		memcpy(name, second, strlen(second));
	}
	return unused;
}

static void *turn_port(void *unused)
{
	for (;;) {
		__atomic_store_n(&in.sin_port, htons(atoi(first)), __ATOMIC_RELAXED);
		__atomic_store_n(&in.sin_port, htons(atoi(second)), __ATOMIC_RELAXED);
	}
	return unused;
}

static void *turn_memory(void *unused)
{
	for (;;) {
		memcpy(memory, images[0], MEMORY_SIZE);
		memcpy(memory, images[1], MEMORY_SIZE);
	}
	return unused;
}

static char *load(const char *path)
{
	char *image = calloc(1, MEMORY_SIZE);
	int fd = open(path, O_RDONLY);

	if (read(fd, image, MEMORY_SIZE) < 1)
		exit(3);
	close(fd);
	return image;
}

static void make_memory(void)
{
	memory_file = syscall(SYS_memfd_create, "memory", MFD_CLOEXEC);
	if (ftruncate(memory_file, MEMORY_SIZE))
		exit(3);
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_file, 0);
	images[0] = load(first);
	images[1] = load(second);
	memcpy(memory, images[0], MEMORY_SIZE);
}

static int race(void *(*turn)(void *), void (*once)(void), int times)
{
	pthread_t t;

	strcpy(name, first);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons(atoi(first));
	pthread_create(&t, NULL, turn, NULL);
	while (times--)
		once();
	return say();
}

static int repeat(void (*once)(void), int times)
{
	strcpy(name, first);
	while (times--)
		once();
	return say();
}

/* ---- a parent that dies while its child is being made ---- */

static void *fork_forever(void *shared)
{
	int *opened = shared, fd;

	for (;;) {
		if (fork())
			continue;
		fd = open(first, O_RDONLY);
		__sync_fetch_and_add(fd >= 0 ? &opened[1] : errno == EPERM ? &opened[2] : &opened[3], 1);
		_exit(0);
	}
}

static int dying(int times)
{
	int *opened = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec pause = {};
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < times; i++) {
		pid = fork();
		if (!pid) {
			signal(SIGCHLD, SIG_IGN);
			fork_forever(opened);
		}
		pause.tv_nsec = 1000000 + i * 100003L % 6000000;
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
	}
	while (wait(NULL) > 0)
		;
	count.other = opened[1];
	count.refused = opened[2];
	count.failed = opened[3];
	return say();
}

/* ---- outside ---- */

static int listening(void)
{
	const char *ports[] = {first, second};
	int sock, one = 1;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 2; i++) {
		sock = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		in.sin_port = htons(atoi(ports[i]));
		if (bind(sock, (struct sockaddr *)&in, sizeof(in)) || listen(sock, 4096))
			return 1;
	}
	pause();
	return 0;
}

static int turning(const char *link)
{
	char other[4096];

	snprintf(other, sizeof(other), "%s.new", link);
	for (int i = 0;; i++)
		if (symlink(i % 2 ? first : second, other) || rename(other, link))
			return 1;
}

static int exchanging(void)
{
	for (;;)
		if (syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 2))
			return 1;
}

/* In an overlay: it changes names in its layers meanwhile. */
static void *make_anew(void *none)
{
	for (;;) {
		unlink(second);
		close(open(second, O_CREAT | O_WRONLY, 0644));
	}
	return none;
}

static void *rename_to_and_fro(void *none)
{
	char other[4096];

	snprintf(other, sizeof(other), "%s.1", second);
	for (;;) {
		rename(second, other);
		rename(other, second);
	}
	return none;
}

/* The kernel does not look a second time for an opening of this kind. */
static void open_cached_once(void)
{
	const struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_CACHED};
	char byte = 0;
	int fd = syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));
	bool done = fd >= 0 && read(fd, &byte, 1) == 1;

	tally(done, byte == 's');
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";

	first = argv[2];
	second = argv[3];
	if (argc == 5 && !strcmp(what, "path"))
		return race(turn_name, open_once, atoi(argv[4]));
	if (argc == 5 && !strcmp(what, "exec"))
		return race(turn_name, run_once, atoi(argv[4]));
	if (argc == 5 && !strcmp(what, "connect"))
		return race(turn_port, connect_once, atoi(argv[4]));
	if (argc == 5 && !strcmp(what, "below")) {
		first = argv[3];
		second = argv[2];
		return race(make_anew, open_once, atoi(argv[4]));
	}
	if (argc == 5 && !strcmp(what, "cached")) {
		first = argv[3];
		second = argv[2];
		if (access(first, F_OK)) /* the kernel has read each directory on the way */
			return 1;
		return race(rename_to_and_fro, open_cached_once, atoi(argv[4]));
	}
	if (argc == 5 && !strcmp(what, "memory")) {
		make_memory();
		return race(turn_memory, memory_once, atoi(argv[4]));
	}
	if (!strcmp(what, "open"))
		return repeat(open_once, atoi(argv[3]));
	if (!strcmp(what, "run"))
		return repeat(run_once, atoi(argv[3]));
	if (!strcmp(what, "dying"))
		return dying(atoi(argv[3]));
	if (!strcmp(what, "listen"))
		return listening();
	if (!strcmp(what, "exchange"))
		return exchanging();
	if (argc == 5 && !strcmp(what, "turn")) {
		first = argv[3];
		second = argv[4];
		return turning(argv[2]);
	}
	return 2;
}
