/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "hearing.h"
#include "reason.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned listening; /* threads, under the lock */
static libbpf_print_fn_t others; /* what the caller had set; written under the lock, before hear is set */
static __thread unsigned depth;

static int hear(enum libbpf_print_level level, const char *format, va_list arguments)
{
	libbpf_print_fn_t fn = __atomic_load_n(&others, __ATOMIC_ACQUIRE);

	if (!depth)
		return fn ? fn(level, format, arguments) : 0;
	return reason_take(level, format, arguments);
}

void hearing_begin(void)
{
	reason_clear();
	if (depth++)
		return;
	pthread_mutex_lock(&lock);
	if (!listening++) {
		/* Two steps, so that nobody is asked before it is known whom to pass things on to. */
		__atomic_store_n(&others, libbpf_set_print(NULL), __ATOMIC_RELEASE);
		libbpf_set_print(hear);
	}
	pthread_mutex_unlock(&lock);
}

void hearing_end(void)
{
	libbpf_print_fn_t now;

	if (--depth)
		return;
	pthread_mutex_lock(&lock);
	if (!--listening) {
		now = libbpf_set_print(others);
		if (now != hear)
			libbpf_set_print(now); /* the caller has chosen another one meanwhile */
	}
	pthread_mutex_unlock(&lock);
}

struct ring_buffer *hearing_ring(int map, ring_buffer_sample_fn fn, void *context)
{
	struct ring_buffer *ring;

	hearing_begin();
	ring = ring_buffer__new(map, fn, context, NULL);
	hearing_end();
	return ring;
}
