/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "capture.h"
#include "reason.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned capturing; /* threads, under the lock */
static libbpf_print_fn_t others; /* the caller's function; written under the lock, before capture_line is set */
static __thread unsigned depth;

static int capture_line(enum libbpf_print_level level, const char *format, va_list arguments)
{
	libbpf_print_fn_t fn = __atomic_load_n(&others, __ATOMIC_ACQUIRE);

	if (!depth)
		return fn ? fn(level, format, arguments) : 0;
	return reason_take(level, format, arguments);
}

void capture_begin(void)
{
	reason_clear();
	if (depth++)
		return;
	pthread_mutex_lock(&lock);
	if (!capturing++) {
		/* Two steps, so that capture_line is called only after the caller's function is known. */
		__atomic_store_n(&others, libbpf_set_print(NULL), __ATOMIC_RELEASE);
		libbpf_set_print(capture_line);
	}
	pthread_mutex_unlock(&lock);
}

void capture_end(void)
{
	libbpf_print_fn_t now;

	if (--depth)
		return;
	pthread_mutex_lock(&lock);
	if (!--capturing) {
		now = libbpf_set_print(others);
		if (now != capture_line)
			libbpf_set_print(now); /* the caller has chosen another one meanwhile */
	}
	pthread_mutex_unlock(&lock);
}

struct ring_buffer *capture_ring(int map, ring_buffer_sample_fn fn, void *context)
{
	struct ring_buffer *ring;

	capture_begin();
	ring = ring_buffer__new(map, fn, context, NULL);
	capture_end();
	return ring;
}
