/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hashes for tables whose entries an outsider chooses: keyed with random numbers, so that nobody can choose colliding
 * entries. Every hash table in memory uses these; tests/house.sh finds others.
 */
#ifndef TSEM_BASE_KEYED_H
#define TSEM_BASE_KEYED_H

#include "../tsem.h"

struct keyed {
	tsem_u64 words[4];
};

/* False when there are no random numbers: then the table must not be used. */
bool keyed_make(struct keyed *ret_key);
tsem_u64 keyed_hash(const struct keyed *key, tsem_u64 seed, const void *bytes, size_t size);

/* One step of it. */
static inline tsem_u64 keyed_fold(tsem_u64 a, tsem_u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (tsem_u64)product ^ (tsem_u64)(product >> 64);
}

#endif
