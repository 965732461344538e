/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_ARRAY_H
#define TSEM_LIB_ARRAY_H

#include <stddef.h>

/*
 * Room for one more behind count items of so many bytes, in a list that only grows by this. It doubles, so that many cost
 * no more than their sum. Returns the list, which may have moved; NULL without memory: it is as it was.
 */
void *array_room(void *items, size_t count, size_t size);

#endif
