/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What libbpf says while the library calls it. libbpf has one print function for the whole process, and without one it
 * writes to standard error: from begin to end what this thread causes is heard here (reason.h), and what other threads of the
 * caller cause goes to whom they chose.
 */
#ifndef TSEM_LIB_HEARING_H
#define TSEM_LIB_HEARING_H

#include <bpf/libbpf.h>

void hearing_begin(void);
void hearing_end(void);

/* ring_buffer__new, heard. */
struct ring_buffer *hearing_ring(int map, ring_buffer_sample_fn fn, void *context);

#endif
