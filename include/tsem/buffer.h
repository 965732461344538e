/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A byte buffer that grows; all zeros is an empty one. */
#ifndef TSEM_BUFFER_H
#define TSEM_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_buffer {
	char *data; /* always followed by a NUL that size does not count, once anything was added */
	size_t size;
	size_t capacity;
	bool failed; /* out of memory: sticky, checked once at the end */
};

void tsem_buffer_deinit(struct tsem_buffer *buffer);
void tsem_buffer_add(struct tsem_buffer *buffer, const void *bytes, size_t size);
void tsem_buffer_printf(struct tsem_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Temporary file beside path, fsync, rename: path is either as it was or complete. */
int tsem_buffer_write(const struct tsem_buffer *buffer, const char *path, struct tsem_error *error);
/*
 * Whether the path can be written, as far as that can be known now: for output that is written after a workload has
 * run.
 */
int tsem_output_check(const char *path, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
