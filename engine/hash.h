/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Digest functions as a table, so that the engine needs none but its own and a trust root can bring others. */
#ifndef TSEM_ENGINE_HASH_H
#define TSEM_ENGINE_HASH_H

#include "../abi/tma.h"

struct tsem_hash {
	tsem_u32 number; /* TSEM_HASH_* */
	tsem_u32 size; /* of a digest, at most TSEM_HASH_SIZE_MAX, a multiple of 8 */
	void *context;
	/* 0, or anything else when it failed: the event is then untrusted. */
	int (*digest)(void *context, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest);
};

/* SHA-256 of the engine, as a row of the table and as a function; context is not used. */
extern const struct tsem_hash hash_sha256;
int hash_sha256_digest(void *context, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest);

#endif
