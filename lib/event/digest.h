/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_DIGEST_H
#define TSEM_LIB_DIGEST_H

#include <string.h>

#include "../tsem.h"

/* SHA-256 by the engine's own sources. */
void digest_bytes(const void *bytes, size_t size, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
/*
 * Of the first bytes of a file: as many as its size says, which is what the kernel digests. Some files have more, and some
 * of these no end.
 */
int digest_file_start(int fd, tsem_u64 most, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
/* 64 lower-case hexadecimal digits and a NUL. */
void digest_format(const tsem_u8 digest[TSEM_DIGEST_SIZE], char ret_hex[2 * TSEM_DIGEST_SIZE + 1]);
/* Accepts exactly these 64 digits; text has this many bytes. */
bool digest_parse(const char *text, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
static inline bool digest_is_zero(const tsem_u8 *digest)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];

	return !memcmp(digest, zero, TSEM_DIGEST_SIZE);
}

/* The identity of the program that an event bprm_committed_creds starts. */
void record_task_id(const struct tsem_record *record, tsem_u8 ret_id[TSEM_DIGEST_SIZE]);

#endif
