/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hashes for tables whose entries somebody else chooses: keyed with random numbers, so that nobody can choose ones that
 * collide. Every table in memory that is looked up by a hash uses these; tests/house.sh looks for other ones.
 */
#ifndef TSEM_BASE_KEYED_H
#define TSEM_BASE_KEYED_H

#include "../tsem.h"

struct keyed {
	tsem_u64 words[4];
};

/* Not when there are no random numbers: then false, and nothing may be looked up. */
bool keyed_make(struct keyed *ret_key);
tsem_u64 keyed_hash(const struct keyed *key, tsem_u64 seed, const void *bytes, size_t size);

/* One step of it. */
static inline tsem_u64 keyed_fold(tsem_u64 a, tsem_u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (tsem_u64)product ^ (tsem_u64)(product >> 64);
}

#endif
