/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "hash.h"
#include "sha256.h"

static void take_block(struct tsem_sha256 *sha, const tsem_u8 *block)
{
	__builtin_memcpy(sha->w, block, sizeof(sha->w));
	for (int i = 0; i < 16; i++)
		sha->w[i] = TSEM_SWAP32(sha->w[i]);
	tsem_sha256_block(sha);
}

int hash_sha256_digest(void *context, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest)
{
	const tsem_u8 *at = bytes;
	struct tsem_sha256 sha;
	tsem_u8 tail[128] = {0};
	tsem_u32 left = size % 64, end = left < 56 ? 64 : 128;
	tsem_u64 bits = __builtin_bswap64(size * 8);

	(void)context;
	tsem_sha256_init(&sha);
	for (tsem_u64 i = 0; i < size / 64; i++)
		take_block(&sha, at + i * 64);
	if (left)
		__builtin_memcpy(tail, at + size - left, left);
	tail[left] = 0x80;
	__builtin_memcpy(tail + end - 8, &bits, 8);
	for (tsem_u32 i = 0; i < end; i += 64)
		take_block(&sha, tail + i);
	for (int i = 0; i < 8; i++)
		sha.h[i] = TSEM_SWAP32(sha.h[i]);
	__builtin_memcpy(ret_digest, sha.h, sizeof(sha.h));
	return 0;
}

const struct tsem_hash hash_sha256 = {TSEM_HASH_sha256, 32, (void *)0, hash_sha256_digest};
