/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <sys/mman.h>
#include <sys/random.h>

#include "hashes.h"

void *space_allocate(void *context, tsem_u64 size)
{
	tsem_u64 *left = context;
	void *memory;

	if (size > *left)
		return NULL;
	/* Pages that are never touched cost nothing. */
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	*left -= size;
	return memory;
}

void space_release(void *context, void *memory, tsem_u64 size)
{
	tsem_u64 *left = context;

	munmap(memory, size);
	*left += size;
}

void space_random(void *context, void *ret_bytes, tsem_u32 size)
{
	tsem_u32 got = 0;

	(void)context;
	while (got < size) {
		ssize_t r = getrandom((tsem_u8 *)ret_bytes + got, size - got, 0);

		got += r > 0 ? r : 0;
	}
}
