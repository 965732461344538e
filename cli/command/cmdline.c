/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmdline.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS 5000000l
#define ROOM 4096

/* The thread is made once and stays; while busy, all but lock and busy itself are its own. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	bool begun, busy;
	pid_t pid;
	ssize_t size;
	char bytes[ROOM];
} looking = {.lock = PTHREAD_MUTEX_INITIALIZER,
	     .asked = PTHREAD_COND_INITIALIZER,
	     .answered = PTHREAD_COND_INITIALIZER};

/* May never come back: the kernel takes a lock of the process's memory, which that can hold. */
static ssize_t look(pid_t pid, char *bytes)
{
	char path[64];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size = read(fd, bytes, ROOM);
	close(fd);
	return size;
}

static void *work(void *context)
{
	(void)context;
	pthread_mutex_lock(&looking.lock);
	for (;;) {
		while (!looking.busy)
			pthread_cond_wait(&looking.asked, &looking.lock);
		pthread_mutex_unlock(&looking.lock);
		looking.size = look(looking.pid, looking.bytes);
		pthread_mutex_lock(&looking.lock);
		looking.busy = false;
		pthread_cond_signal(&looking.answered);
	}
	return NULL;
}

static bool begin(void)
{
	pthread_t thread;

	if (!looking.begun && !pthread_create(&thread, NULL, work, NULL)) {
		pthread_detach(thread);
		looking.begun = true;
	}
	return looking.begun;
}

/* Locked. False: it has not come back. */
static bool ask(pid_t pid)
{
	struct timespec until;

	looking.pid = pid;
	looking.busy = true;
	pthread_cond_signal(&looking.asked);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE_NS;
	if (until.tv_nsec >= 1000000000l) {
		until.tv_nsec -= 1000000000l;
		until.tv_sec++;
	}
	while (looking.busy)
		if (pthread_cond_clockwait(&looking.answered, &looking.lock, CLOCK_MONOTONIC, &until))
			break;
	return !looking.busy;
}

ssize_t cmdline_read(pid_t pid, char *bytes, size_t size)
{
	ssize_t got = -EAGAIN;

	pthread_mutex_lock(&looking.lock);
	if (!looking.busy && begin() && ask(pid)) {
		got = looking.size > (ssize_t)size ? (ssize_t)size : looking.size;
		memcpy(bytes, looking.bytes, got > 0 ? got : 0);
	}
	pthread_mutex_unlock(&looking.lock);
	return got;
}

bool cmdline_stuck(void)
{
	bool stuck;

	pthread_mutex_lock(&looking.lock);
	stuck = looking.busy;
	pthread_mutex_unlock(&looking.lock);
	return stuck;
}
