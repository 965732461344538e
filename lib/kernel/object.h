/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loading: shared by the kernel side, the programs for agents, and detections. */
#ifndef TSEM_LIB_OBJECT_H
#define TSEM_LIB_OBJECT_H

#include "runtime.h"

struct bpf_link;
struct bpf_map;
struct bpf_program;

/* Sets the error to the reason in libbpf's messages. To be called between capture_begin and capture_end. */
int object_failed(struct tsem_error *error, int code, const char *what);
/* Tells the kernel side that the object belongs to tsem; see bpf/core/guard.h. 0 or a negative errno. */
int object_note(int guarded, tsem_u32 kind, int fd);
/* The object is about to go away: there is room for the notes of so many only. */
void object_forget(int guarded, tsem_u32 kind, int fd);
/* Pins the link, which is the kernel side's own from then on, and lets go of it. 0 or a negative errno. */
int object_keep(int guarded, struct bpf_link *link, const char *path);
/* Shares the pinned map instead of making one. 0 or a negative errno. */
int object_reuse(struct bpf_map *map, const char *path);
/* Attaches a program of tsem. 0 or a negative errno. */
int object_attach(int guarded, struct bpf_program *program, const char *path);
tsem_u32 object_pool_entries(void);
/* Of the machine's first mount namespace. */
int object_initial_mounts(tsem_u64 *ret_number, struct tsem_error *error);

#endif
