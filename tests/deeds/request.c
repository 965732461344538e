/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * request [keep]: a server's requests, each of which makes objects of every kind and
 * removes them again. On each line of the standard input so many; behind them it
 * prints "done COUNT". Their names are others each time. With keep, System V objects stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long number; /* of the request */
static int keep;
static char directory[64];

static const char *name(const char *what)
{
	static char names[4][96];
	static unsigned next;
	char *path = names[next++ % 4];

	snprintf(path, sizeof(names[0]), "%.64s/%.16s", directory, what);
	return path;
}

static int files(void)
{
	int fd = open(name("new"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1 || fchmod(fd, 0600) || close(fd))
		return -1;
	fd = open(name("new"), O_RDWR | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || close(fd) || rename(name("new"), name("file")) || link(name("file"), name("again")) ||
	    symlink("file", name("link")) || mkfifo(name("fifo"), 0600))
		return -1;
	return unlink(name("file")) || unlink(name("again")) || unlink(name("link")) || unlink(name("fifo"));
}

static int sockets(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), server, r;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", name("socket"));
	r = bind(listener, (struct sockaddr *)&un, sizeof(un)) || listen(listener, 4) ||
	    connect(client, (struct sockaddr *)&un, sizeof(un)) || fcntl(client, F_SETOWN, getpid());
	server = r ? -1 : accept(listener, NULL, NULL);
	close(server);
	close(client);
	close(listener);
	return r || server < 0 || unlink(un.sun_path);
}

static int memory(void)
{
	int fd = memfd_create("request", MFD_CLOEXEC), ends[2];
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || ftruncate(fd, 4096) || close(open(path, O_RDONLY | O_CLOEXEC)) || close(fd))
		return -1;
	return pipe(ends) || close(ends[0]) || close(ends[1]);
}

static int objects(void)
{
	int shm = shmget(IPC_PRIVATE, 4096, 0600), sem = semget(IPC_PRIVATE, 1, 0600), msg = msgget(IPC_PRIVATE, 0600),
	    r;

	r = shm < 0 || sem < 0 || msg < 0;
	if (keep)
		return r;
	return (shmctl(shm, IPC_RMID, NULL) | semctl(sem, 0, IPC_RMID) | msgctl(msg, IPC_RMID, NULL)) || r;
}

static int queues(void)
{
	char path[64];
	mqd_t queue;

	snprintf(path, sizeof(path), "/request-%d-%lu", getpid(), number);
	queue = mq_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	return queue < 0 || mq_close(queue) || mq_unlink(path);
}

/* Another process, that does something of its own. */
static int child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(close(open("/dev/null", O_RDONLY | O_CLOEXEC)));
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static int request(void)
{
	snprintf(directory, sizeof(directory), "made/%d-%lu", getpid(), number++);
	if (mkdir(directory, 0755))
		return -1;
	return files() || sockets() || memory() || objects() || queues() || child() || rmdir(directory);
}

int main(int argc, char **argv)
{
	unsigned long count;

	keep = argc > 1 && !strcmp(argv[1], "keep");
	while (scanf("%lu", &count) == 1) {
		for (unsigned long i = 0; i < count; i++) {
			errno = 0;
			if (request()) {
				fprintf(stderr, "request %lu: %s\n", number, strerror(errno));
				return 1;
			}
		}
		printf("done %lu\n", count);
		fflush(stdout);
	}
	return 0;
}
