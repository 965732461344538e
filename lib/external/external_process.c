/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Effects on the whole process of a caller that asks for them: TSEM_PROCESS_*. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "external.h"

/*
 * External namespaces whose descriptors a child closes. Held over fork(2), so that the child finds a consistent list.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct external *listed;
static bool prepared;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void behind_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* A child that has the server's end of the file system would keep it alive. */
static void close_in_child(void)
{
	for (struct external *x = listed; x; x = x->next) {
		close_one(x->rendezvous.device);
		close_one(x->rendezvous.signs);
	}
	listed = NULL;
	pthread_mutex_unlock(&lock);
}

static int list(struct external *x)
{
	int r = 0;

	pthread_mutex_lock(&lock);
	if (!prepared)
		r = pthread_atfork(before_fork, behind_fork, close_in_child);
	prepared |= !r;
	if (!r) {
		x->next = listed;
		listed = x;
	}
	pthread_mutex_unlock(&lock);
	return r;
}

int external_process_begin(struct external *x, struct tsem_error *error)
{
	int r = x->setup.process & TSEM_PROCESS_AT_FORK ? list(x) : 0;

	if (r)
		return tsem_error_set(error, r, "cannot prepare for fork(2): %s", strerror(r));
	if (x->setup.process & TSEM_PROCESS_LOCK_MEMORY && mlockall(MCL_CURRENT | MCL_FUTURE))
		return tsem_error_set(error, errno, "cannot lock memory: %s", strerror(errno));
	return 0;
}

void external_process_end(struct external *x)
{
	pthread_mutex_lock(&lock);
	for (struct external **at = &listed; *at; at = &(*at)->next)
		if (*at == x) {
			*at = x->next;
			break;
		}
	pthread_mutex_unlock(&lock);
}
