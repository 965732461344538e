/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "keyed.h"

#include <string.h>
#include <sys/random.h>

bool keyed_make(struct keyed *ret_key)
{
	return getrandom(ret_key, sizeof(*ret_key), 0) == sizeof(*ret_key);
}

tsem_u64 keyed_hash(const struct keyed *key, tsem_u64 seed, const void *bytes, size_t size)
{
	const char *at = bytes;
	tsem_u64 hash = keyed_fold(seed ^ key->words[0], size ^ key->words[1]), word;

	for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = keyed_fold(hash ^ word, key->words[2]) ^ key->words[3];
	}
	word = 0;
	memcpy(&word, at, size);
	return keyed_fold(hash ^ word, key->words[2]) ^ keyed_fold(hash, key->words[1]);
}
