/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "loading.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A thread that watches the time while another one loads. */
struct teller {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const char *text;
	bool done, told;
};

static void in_a_second(struct timespec *ret_when)
{
	clock_gettime(CLOCK_MONOTONIC, ret_when);
	ret_when->tv_sec++;
}

static void *tell(void *context)
{
	struct teller *teller = context;
	struct timespec when;

	pthread_mutex_lock(&teller->lock);
	while (!teller->done) {
		in_a_second(&when);
		if (pthread_cond_clockwait(&teller->changed, &teller->lock, CLOCK_MONOTONIC, &when) != ETIMEDOUT ||
		    teller->done)
			continue;
		fprintf(stderr, teller->told ? "." : "tsem: %s ", teller->text);
		teller->told = true;
	}
	if (teller->told)
		fputs("\n", stderr);
	pthread_mutex_unlock(&teller->lock);
	return NULL;
}

/* Signals go to the original thread. */
static bool start(struct teller *teller)
{
	sigset_t all, old;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = !pthread_create(&teller->thread, NULL, tell, teller);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

static void stop(struct teller *teller)
{
	pthread_mutex_lock(&teller->lock);
	teller->done = true;
	pthread_cond_signal(&teller->changed);
	pthread_mutex_unlock(&teller->lock);
	pthread_join(teller->thread, NULL);
}

int kernel_open_told(unsigned flags, const char *text, struct tsem_kernel **ret_kernel, struct tsem_error *error)
{
	struct teller teller = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .text = text};
	bool telling = !tsem_kernel_loaded() && isatty(STDERR_FILENO) && start(&teller);
	int r = tsem_kernel_open(flags, ret_kernel, error);

	if (telling)
		stop(&teller);
	return r;
}
