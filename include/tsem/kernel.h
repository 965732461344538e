/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel side: the features of the running kernel, loading and unloading. */
#ifndef TSEM_KERNEL_H
#define TSEM_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/types.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_feature {
	const char *name; /* "BPF LSM active" */
	bool required; /* for enforcement */
	bool present;
	char detail[256]; /* the finding */
	char remedy[512]; /* the remedy; empty when present */
};

/* Asks the running kernel, feature by feature. *ret_count features, at most limit. Loads nothing for long. */
int tsem_features_probe(struct tsem_feature *features, size_t limit, size_t *ret_count, struct tsem_error *error);

struct tsem_kernel;

/*
 * Opens the pinned maps of the loaded programs. Loads the programs if they are not loaded and flags has
 * TSEM_KERNEL_LOAD. -EBUSY when flags has TSEM_KERNEL_ALL_EVENTS and the programs were loaded without it.
 */
#define TSEM_KERNEL_LOAD 0x1u
#define TSEM_KERNEL_PERSISTENT 0x2u /* they stay loaded when the last namespace has ended */
#define TSEM_KERNEL_ALL_EVENTS 0x4u
int tsem_kernel_open(unsigned flags, struct tsem_kernel **ret_kernel, struct tsem_error *error);
/* Unloads programs that were not loaded as persistent and that no namespace needs. */
void tsem_kernel_close(struct tsem_kernel *kernel);
/* -EBUSY while a namespace lives, unless force is true. */
int tsem_kernel_unload(bool force, struct tsem_error *error);
bool tsem_kernel_loaded(void);

/* Bytes of kernel memory (docs/limits.md, Memory), without the data that is kept with single files and sockets. */
struct tsem_memory {
	tsem_u64 programs;
	tsem_u64 maps; /* that all namespaces share */
	tsem_u64 namespaces; /* maps and tasks of all of them */
	tsem_u32 program_count;
};
/* All zero when nothing is loaded. */
int tsem_memory_read(struct tsem_memory *ret_memory, struct tsem_error *error);

/*
 * Keeps this process, and every process that it starts from now on, out of the root namespace (TSEM_OPTION_ROOT):
 * exporting events must not cause new ones.
 */
int tsem_kernel_stay_outside(struct tsem_kernel *kernel, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
