/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SHA-256 of a file, as the kernel side has it digested: the whole content, nothing else. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../engine/sha256.h"
#include "digest.h"

#define CHUNK 65536 /* whole blocks */

static void digest_blocks(struct tsem_sha256 *sha, const tsem_u8 *bytes, size_t size)
{
	for (; size; bytes += 64, size -= 64) {
		memcpy(sha->w, bytes, sizeof(sha->w));
		for (int i = 0; i < 16; i++)
			sha->w[i] = TSEM_SWAP32(sha->w[i]);
		tsem_sha256_block(sha);
	}
}

/* Less than size bytes only at the end of the file. */
static ssize_t read_chunk(int fd, tsem_u8 *bytes, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got = read(fd, bytes + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		have += got;
	}
	return have;
}

/* bytes has room for the padding after the size remaining bytes, which are less than a chunk. */
static void digest_tail(struct tsem_sha256 *sha, tsem_u8 *bytes, size_t size, tsem_u64 total)
{
	size_t end = (size + 9 + 63) / 64 * 64;
	tsem_u64 bits = __builtin_bswap64(total * 8);

	memset(bytes + size, 0, end - size);
	bytes[size] = 0x80;
	memcpy(bytes + end - 8, &bits, 8);
	digest_blocks(sha, bytes, end);
}

int digest_file_start(int fd, tsem_u64 most, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	tsem_u8 bytes[CHUNK + 128];
	struct tsem_sha256 sha;
	tsem_u64 total = 0;
	ssize_t got;

	tsem_sha256_init(&sha);
	while ((got = read_chunk(fd, bytes, most - total < CHUNK ? most - total : CHUNK)) == CHUNK) {
		digest_blocks(&sha, bytes, CHUNK);
		total += CHUNK;
	}
	if (got < 0)
		return got;
	digest_tail(&sha, bytes, got, total + got);
	for (int i = 0; i < 8; i++)
		sha.h[i] = TSEM_SWAP32(sha.h[i]);
	memcpy(ret_digest, sha.h, TSEM_DIGEST_SIZE);
	return 0;
}

int tsem_digest_file(int fd, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	return digest_file_start(fd, ~0ull, ret_digest);
}
