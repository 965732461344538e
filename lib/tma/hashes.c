/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#include "../../engine/hash.h"
#include "hashes.h"

struct openssl_digest {
	EVP_MD *md;
	EVP_MD_CTX *context;
};

static int openssl_digest(void *context, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest)
{
	const struct openssl_digest *digest = context;

	return !EVP_DigestInit_ex2(digest->context, digest->md, NULL) ||
	       !EVP_DigestUpdate(digest->context, bytes, size) ||
	       !EVP_DigestFinal_ex(digest->context, ret_digest, NULL);
}

static const char *const names[TSEM_HASH_LIMIT] = {
#define H(number, key, name, size) [number] = #key,
	TSEM_HASHES(H)
#undef H
};

static const tsem_u32 sizes[TSEM_HASH_LIMIT] = {
#define H(number, key, name, size) [number] = (size),
	TSEM_HASHES(H)
#undef H
};

/* Written once, by the first that calls hashes_create. */
static pthread_once_t made = PTHREAD_ONCE_INIT;
static unsigned missing; /* the digest function that OpenSSL does not offer; 0: it has all */
static struct openssl_digest digests[TSEM_HASH_LIMIT];
static struct tsem_hash hashes[TSEM_HASH_LIMIT];
static const struct tsem_hash *table[TSEM_HASH_LIMIT + 1];

static bool make_digest(unsigned number)
{
	static const char *const openssl_names[TSEM_HASH_LIMIT] = {NULL,       "SHA2-256", "SHA2-384",
								   "SHA2-512", "SHA3-256", "SM3"};
	struct openssl_digest *digest = &digests[number];
	tsem_u8 probe[EVP_MAX_MD_SIZE];

	digest->md = EVP_MD_fetch(NULL, openssl_names[number], NULL);
	digest->context = EVP_MD_CTX_new();
	hashes[number] = (struct tsem_hash){number, sizes[number], digest, openssl_digest};
	/* Fetches each function once, so that OpenSSL loads everything it needs for them. */
	return digest->md && digest->context && EVP_MD_get_size(digest->md) == (int)sizes[number] &&
	       !openssl_digest(digest, "", 0, probe);
}

static void make_all(void)
{
	for (unsigned number = 1; number < TSEM_HASH_LIMIT && !missing; number++) {
		if (!make_digest(number))
			missing = number;
		table[number - 1] = &hashes[number];
	}
}

int hashes_create(const struct tsem_hash *const **ret_hashes, struct tsem_error *error)
{
	pthread_once(&made, make_all);
	if (missing)
		return tsem_error_set(error, ENOTSUP, "OpenSSL does not offer the digest function %s", names[missing]);
	*ret_hashes = table;
	return 0;
}

int hashes_pseudonym(unsigned hash, const char *path, tsem_u8 ret_digest[TSEM_HASH_SIZE_MAX], tsem_u32 *ret_size,
		     struct tsem_error *error)
{
	const struct tsem_hash *const *all;
	struct tsem_buffer bytes = {0};
	tsem_u32 size = strlen(path);
	int r = hashes_create(&all, error);

	if (r)
		return r;
	tsem_buffer_add(&bytes, &size, sizeof(size));
	tsem_buffer_add(&bytes, path, size);
	if (bytes.failed || hash < 1 || hash >= TSEM_HASH_LIMIT ||
	    openssl_digest(&digests[hash], bytes.data, bytes.size, ret_digest))
		r = tsem_error_set(error, ENOMEM, "cannot compute the pseudonym of %s", path);
	else
		*ret_size = sizes[hash];
	tsem_buffer_deinit(&bytes);
	return r;
}
