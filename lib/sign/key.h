/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys and their signatures. The only place that knows OpenSSL. */
#ifndef TSEM_LIB_KEY_H
#define TSEM_LIB_KEY_H

#include "../tsem.h"

/* Appends the signature: of Ed25519 its 64 bytes, of ECDSA the DER of r and s over SHA-256. */
int key_sign(const struct tsem_key *key, const void *bytes, size_t size, struct tsem_buffer *signature,
	     struct tsem_error *error);
/* Whether the key has made this signature of these bytes. Any failure means no. */
bool key_verify(const struct tsem_key *key, const void *bytes, size_t size, const tsem_u8 *signature,
		size_t signature_size);

/* Whether bytes could be a signature of a key of any kind that is known. */
bool key_signature_possible(const tsem_u8 *bytes, size_t size);

/* A public key or a certificate in PEM, from memory; name is for the errors. */
int key_parse_public(const void *pem, size_t size, const char *name, struct tsem_key **ret_key,
		     struct tsem_error *error);
int key_parse_private(const void *pem, size_t size, const char *passphrase, const char *name, struct tsem_key **ret_key,
		      struct tsem_error *error);
/* The content of the file, at most 64 KiB. The caller erases it with key_bytes_deinit. */
int key_bytes_read(const char *path, struct tsem_buffer *ret_bytes, struct tsem_error *error);
void key_bytes_deinit(struct tsem_buffer *bytes);

#endif
