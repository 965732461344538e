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

/* The thread is created once and stays. While busy is set, it owns everything except lock and busy. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	bool begun, busy;
	pid_t pid;
	ssize_t size;
	char bytes[ROOM];
} reader = {.lock = PTHREAD_MUTEX_INITIALIZER, .asked = PTHREAD_COND_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};

/* May block for ever: the kernel takes a lock of the process's memory, which the process can hold. */
static ssize_t read_proc(pid_t pid, char *bytes)
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

static void *run_reader(void *context)
{
	(void)context;
	pthread_mutex_lock(&reader.lock);
	for (;;) {
		while (!reader.busy)
			pthread_cond_wait(&reader.asked, &reader.lock);
		pthread_mutex_unlock(&reader.lock);
		reader.size = read_proc(reader.pid, reader.bytes);
		pthread_mutex_lock(&reader.lock);
		reader.busy = false;
		pthread_cond_signal(&reader.answered);
	}
	return NULL;
}

static bool start_reader(void)
{
	pthread_t thread;

	if (!reader.begun && !pthread_create(&thread, NULL, run_reader, NULL)) {
		pthread_detach(thread);
		reader.begun = true;
	}
	return reader.begun;
}

/* Locked. False: the read has not returned. */
static bool request(pid_t pid)
{
	struct timespec until;

	reader.pid = pid;
	reader.busy = true;
	pthread_cond_signal(&reader.asked);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE_NS;
	if (until.tv_nsec >= 1000000000l) {
		until.tv_nsec -= 1000000000l;
		until.tv_sec++;
	}
	while (reader.busy)
		if (pthread_cond_clockwait(&reader.answered, &reader.lock, CLOCK_MONOTONIC, &until))
			break;
	return !reader.busy;
}

ssize_t cmdline_read(pid_t pid, char *bytes, size_t size)
{
	ssize_t got = -EAGAIN;

	pthread_mutex_lock(&reader.lock);
	if (!reader.busy && start_reader() && request(pid)) {
		got = reader.size > (ssize_t)size ? (ssize_t)size : reader.size;
		memcpy(bytes, reader.bytes, got > 0 ? got : 0);
	}
	pthread_mutex_unlock(&reader.lock);
	return got;
}

bool cmdline_stuck(void)
{
	bool stuck;

	pthread_mutex_lock(&reader.lock);
	stuck = reader.busy;
	pthread_mutex_unlock(&reader.lock);
	return stuck;
}
