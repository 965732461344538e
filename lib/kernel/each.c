/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All entries of a hash map of the kernel, in parts: an entry that goes away meanwhile does not make it begin anew. */
#include "runtime.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#define PART 256 /* entries; more where the kernel has more in one place */

struct part {
	char *keys, *values;
	tsem_u32 room, count;
	tsem_u32 at, next; /* where the kernel goes on */
	bool begun;
};

static int part_make(struct part *part, tsem_u32 room, size_t key_size, size_t value_size)
{
	free(part->keys);
	free(part->values);
	part->keys = calloc(room, key_size);
	part->values = calloc(room, value_size);
	part->room = room;
	return part->keys && part->values ? 0 : -ENOMEM;
}

/* 0, -ENOENT: these are the last, or why there are none. */
static int part_read(struct part *part, int map)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int r;

	part->count = part->room;
	r = bpf_map_lookup_batch(map, part->begun ? &part->at : NULL, &part->next, part->keys, part->values,
				 &part->count, &options) ?
		    -errno :
		    0;
	if (r != -ENOSPC) {
		part->at = part->next;
		part->begun = true;
	}
	return r;
}

int kernel_map_each(int map, size_t key_size, size_t value_size, map_entry_fn fn, void *context)
{
	struct part part = {};
	int r = part_make(&part, PART, key_size, value_size), end = 0;

	while (!r && !end) {
		end = part_read(&part, map);
		if (end == -ENOSPC)
			end = r = part_make(&part, part.room * 2, key_size, value_size);
		else if (end && end != -ENOENT)
			r = end;
		else
			for (tsem_u32 i = 0; !r && i < part.count; i++)
				r = fn(context, part.keys + i * key_size, part.values + i * value_size);
	}
	free(part.keys);
	free(part.values);
	return r;
}
