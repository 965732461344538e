/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sizes of large contents: one that has none of them is not read when enforcing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../tsem.h"

bool tsem_size_counts(tsem_u64 size)
{
	return size > TSEM_CONTENT_SMALL && size <= TSEM_CONTENT_LARGEST;
}

/* Where the size is, or would be. */
static size_t find_place(const struct tsem_sizes *sizes, tsem_u64 size)
{
	size_t low = 0, high = sizes->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sizes->items[middle] < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool tsem_sizes_have(const struct tsem_sizes *sizes, tsem_u64 size)
{
	size_t place = find_place(sizes, size);

	return place < sizes->count && sizes->items[place] == size;
}

int tsem_sizes_add(struct tsem_sizes *sizes, tsem_u64 size)
{
	size_t place = find_place(sizes, size);
	tsem_u64 *more;

	if (!tsem_size_counts(size))
		return -EINVAL;
	if (place < sizes->count && sizes->items[place] == size)
		return 0;
	more = array_room(sizes->items, sizes->count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	sizes->items = more;
	memmove(sizes->items + place + 1, sizes->items + place, (sizes->count - place) * sizeof(*sizes->items));
	sizes->items[place] = size;
	sizes->count++;
	return 1;
}

/* Both in their order, so that each one is added at the end. */
int tsem_sizes_join(struct tsem_sizes *sizes, const struct tsem_sizes *other)
{
	struct tsem_sizes joined = {}, old = *sizes;
	size_t i = 0, k = 0;
	int result = 0;

	while (result >= 0 && (i < old.count || k < other->count)) {
		bool ours = k == other->count || (i < old.count && old.items[i] < other->items[k]);

		result = tsem_sizes_add(&joined, ours ? old.items[i++] : other->items[k++]);
	}
	if (result >= 0)
		*sizes = joined;
	tsem_sizes_deinit(result < 0 ? &joined : &old);
	return result < 0 ? result : 0;
}

void tsem_sizes_deinit(struct tsem_sizes *sizes)
{
	free(sizes->items);
	*sizes = (struct tsem_sizes){};
}
