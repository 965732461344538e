/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes of large contents: those above TSEM_CONTENT_SMALL are read only where their size is known. */
#ifndef TSEM_SIZE_H
#define TSEM_SIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/limits.h"
#include "abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ascending, none twice. */
struct tsem_sizes {
	tsem_u64 *items;
	size_t count;
};

/* Whether a content of that size is read only where the size is known. */
bool tsem_size_counts(tsem_u64 size);
/* 1: added; 0: already present; -EINVAL: a size that does not count; -ENOMEM. */
int tsem_sizes_add(struct tsem_sizes *sizes, tsem_u64 size);
bool tsem_sizes_have(const struct tsem_sizes *sizes, tsem_u64 size);
/* Adds the sizes of other. Negative errno. */
int tsem_sizes_join(struct tsem_sizes *sizes, const struct tsem_sizes *other);
void tsem_sizes_deinit(struct tsem_sizes *sizes);

#ifdef __cplusplus
}
#endif

#endif
