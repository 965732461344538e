/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A DSSE envelope (docs/signing.md): bytes, their type, and signatures over both. */
#ifndef TSEM_LIB_DSSE_H
#define TSEM_LIB_DSSE_H

#include "../tsem.h"

#define DSSE_TYPE "application/vnd.in-toto+json"
#define DSSE_SIGNATURES_MAX 16

struct dsse_signature {
	char keyid[256]; /* an unsigned hint; "" when it is absent */
	tsem_u8 *bytes;
	size_t size;
};

/* All zeros is an empty one. */
struct dsse {
	tsem_u8 *payload; /* of the type DSSE_TYPE: others are not read */
	size_t payload_size;
	struct dsse_signature signatures[DSSE_SIGNATURES_MAX];
	size_t count;
};

/* Whether bytes could be an envelope rather than a model. */
bool dsse_begins(const char *bytes, size_t size);
/* name is for the errors. The content is not verified. */
int dsse_parse(const char *bytes, size_t size, const char *name, struct dsse *ret_dsse, struct tsem_error *error);
void dsse_deinit(struct dsse *dsse);
/* Appends the envelope as one line. */
void dsse_format(const struct dsse *dsse, struct tsem_buffer *buffer);
/* -ENOSPC when it has as many as it can have. */
int dsse_add(struct dsse *dsse, const char *keyid, const tsem_u8 *signature, size_t size);
/* The signed bytes: type and payload, each with its length. */
void dsse_encode(const char *type, const void *payload, size_t size, struct tsem_buffer *buffer);

/* Either alphabet of RFC 4648, with its padding, in place. False when it is neither. */
bool base64_decode(char *text, size_t *size);
void base64_encode(const tsem_u8 *bytes, size_t size, struct tsem_buffer *buffer);

#endif
