/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by modeling agents that are processes: digest functions, memory for namespaces, random numbers. */
#ifndef TSEM_LIB_HASHES_H
#define TSEM_LIB_HASHES_H

#include "../tsem.h"

struct tsem_hash;

/* The digest functions of OpenSSL; ends with NULL. Made once, before a sandbox is closed. */
int hashes_create(const struct tsem_hash *const **ret_hashes, struct tsem_error *error);
/* The pseudonym of the path in a namespace with that digest function. */
int hashes_pseudonym(unsigned hash, const char *path, tsem_u8 ret_digest[TSEM_HASH_SIZE_MAX], tsem_u32 *ret_size,
		     struct tsem_error *error);

/* For struct server. context is a tsem_u64: the bytes that are left for namespaces. */
void *space_allocate(void *context, tsem_u64 size);
void space_release(void *context, void *memory, tsem_u64 size);
void space_random(void *context, void *ret_bytes, tsem_u32 size);

#endif
