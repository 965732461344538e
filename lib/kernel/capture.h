/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Captures libbpf's messages while the library calls it. libbpf has one print function for the whole process, and
 * without one it writes to standard error. From begin to end, messages of this thread go to reason.h, and messages of
 * the caller's other threads go to the caller's function.
 */
#ifndef TSEM_LIB_CAPTURE_H
#define TSEM_LIB_CAPTURE_H

#include <bpf/libbpf.h>

void capture_begin(void);
void capture_end(void);

/* ring_buffer__new, heard. */
struct ring_buffer *capture_ring(int map, ring_buffer_sample_fn fn, void *context);

#endif
