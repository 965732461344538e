/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Control groups by the numbers that the kernel never gives twice. */
#ifndef TSEM_LIB_GROUP_H
#define TSEM_LIB_GROUP_H

#include "runtime.h"

tsem_u64 group_number(const struct tsem_group *group);
/* Levels below the root group. */
unsigned group_level(const struct tsem_group *group);
/* False when the group was removed. In doubt it exists, so that no binding is removed by mistake. */
bool group_lives(tsem_u64 number);
/* -ENOENT when it was removed. */
int group_path(tsem_u64 number, char *ret_path, size_t size);
/*
 * Stops all tasks of the group, and of those below it, where they have nothing to do with the kernel. -EBUSY with a
 * sentence: one of them cannot be stopped now, and those that could stay so.
 */
int group_freeze(const struct tsem_group *group, struct tsem_error *error);
/* Whether somebody has stopped it. */
bool group_frozen(const struct tsem_group *group);
void group_thaw(const struct tsem_group *group);
/* Whether threads of one process can be in it and in others. */
bool group_threaded(const struct tsem_group *group);

/* ---- bindings.c; all under the state lock ---- */

/* The namespace of the slot gets the group. -EEXIST with a sentence when it has another one. */
int binding_make(const struct tsem_kernel *kernel, tsem_u32 slot, const struct tsem_group *group,
		 struct tsem_error *error);
/* The group that the namespace of the slot is bound to; 0: none. */
tsem_u64 binding_group(const struct tsem_kernel *kernel, tsem_u32 slot);
/* The slot of the namespace that the group is bound to; SLOT_NONE: it is not. */
tsem_u32 binding_slot(const struct tsem_kernel *kernel, const struct tsem_group *group);
/* Unbinds the group of the slot. False when it had none. */
bool binding_end(const struct tsem_kernel *kernel, tsem_u32 slot);
/* Lets go of all groups that were removed. */
void bindings_reap(const struct tsem_kernel *kernel);

#endif
