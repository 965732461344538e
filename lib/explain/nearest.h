/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_NEAREST_H
#define TSEM_LIB_NEAREST_H

#include "../tsem.h"

struct nearest;

/* Over the records of a set, which stays. NULL: no memory. */
struct nearest *nearest_create(const struct tsem_set *set);
void nearest_destroy(struct nearest *nearest);

/*
 * The record that is least apart from this one, by tsem_record_distance(); of two that are equally near, that of the same
 * program. NULL: none has the same event. Its cost does not grow with the set: of those that have another object it
 * looks only at the NEAREST_LOOKS whose names are most alike, from the beginning on.
 */
#define NEAREST_LOOKS 256
const struct tsem_record *nearest_find(const struct nearest *nearest, const struct tsem_record *record);

#endif
