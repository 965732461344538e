/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Work that takes time, or may wait for a directory that the workload holds: never in the answering thread. */
#include "external.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLL_MS 10

/* Without room, the task continues when the agent has answered, or at the deadline. */
void watch_add(struct external *x, int tid)
{
	pthread_mutex_lock(&x->lock);
	watched_add(&x->watched, tid);
	pthread_mutex_unlock(&x->lock);
	eventfd_write(x->watch_wanted, 1);
}

void watch_remove(struct external *x, int tid)
{
	pthread_mutex_lock(&x->lock);
	watched_remove(&x->watched, tid);
	watched_remove(&x->killed, tid);
	pthread_mutex_unlock(&x->lock);
}

/* Whether the task has ended, or will end as soon as it runs. */
static bool task_killed(int tid)
{
	char path[64], line[128];
	unsigned long long pending = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	if (!file)
		return true;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "SigPnd: %llx", &pending) == 1)
			break;
	fclose(file);
	return pending >> (SIGKILL - 1) & 1;
}

static void find_killed_tasks(struct external *x)
{
	struct watched now;
	bool any = false;

	pthread_mutex_lock(&x->lock);
	now = x->watched;
	pthread_mutex_unlock(&x->lock);
	for (unsigned i = 0; i < now.count; i++) {
		if (!task_killed(now.tids[i]))
			continue;
		pthread_mutex_lock(&x->lock);
		watched_move(&x->watched, &x->killed, now.tids[i]); /* or at the next poll */
		pthread_mutex_unlock(&x->lock);
		any = true;
	}
	if (any)
		eventfd_write(x->watch_done, 1);
}

static void kill_if_inside(const struct external *x, int pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	struct tsem_task task;

	if (pidfd < 0)
		return;
	if (!bpf_map_lookup_elem(x->setup.kernel->tasks, &pidfd, &task) && task.context == x->setup.id)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	close(pidfd);
}

/* fork fails in a stopped namespace, so the next pass finds a process that this one missed. */
static void kill_all(const struct external *x)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			kill_if_inside(x, atoi(entry->d_name));
	if (directory)
		closedir(directory);
}

void *external_watch(void *context)
{
	struct external *x = context;
	struct pollfd fd = {.fd = x->watch_wanted, .events = POLLIN};
	bool end = false, stopped = false, watches = false;
	eventfd_t count;

	while (!end) {
		poll(&fd, 1, watches || stopped ? POLL_MS : -1);
		eventfd_read(x->watch_wanted, &count);
		pthread_mutex_lock(&x->lock);
		end = x->end;
		if (x->stopped)
			kernel_slot_recount(x->setup.kernel, x->setup.slot);
		stopped = x->stopped && x->setup.kernel->slots[x->setup.slot].tasks > 0;
		watches = x->watched.count;
		pthread_mutex_unlock(&x->lock);
		if (stopped)
			kill_all(x);
		if (watches)
			find_killed_tasks(x);
	}
	return NULL;
}
