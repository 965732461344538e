/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What manifests and indexes of images say, and those that tsem writes. */
#ifndef TSEM_CLI_DOCUMENT_H
#define TSEM_CLI_DOCUMENT_H

#include "../../lib/tsem.h"

#define DOCUMENT_MAX (4u << 20) /* bytes of a manifest or an index */
#define DOCUMENT_ITEMS_MAX 4096
#define DOCUMENT_WORD_MAX 128

#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MODEL_ARTIFACT "application/vnd.tsem.model.v1"
#define MODEL_ENVELOPE "application/vnd.dsse.envelope.v1+json"

/* What is not said is empty or 0. Longer words than fit are none that is looked for: they are empty, too. */
struct descriptor {
	char media_type[DOCUMENT_WORD_MAX], artifact_type[DOCUMENT_WORD_MAX];
	bool known; /* the digest is of SHA-256 */
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	tsem_u64 size;
	char tag[DOCUMENT_WORD_MAX + 2]; /* the annotation org.opencontainers.image.ref.name */
	char os[32], architecture[32], variant[32];
	size_t at, end; /* where it is in the document */
};

struct document {
	char media_type[DOCUMENT_WORD_MAX], artifact_type[DOCUMENT_WORD_MAX];
	bool index; /* it has manifests, else layers */
	struct descriptor *items; /* these */
	size_t count, capacity;
	size_t items_end; /* where the bracket behind them is */
	struct descriptor subject; /* known: there is one */
};

/* name is for the errors. -EBADMSG when it is neither a manifest nor an index. */
int document_parse(const void *bytes, size_t size, const char *name, struct document *ret_document,
		   struct tsem_error *error);
void document_deinit(struct document *document);
/* Adds a copy; false when out of memory. */
bool document_add(struct document *document, const struct descriptor *item);

/* The manifest of an artifact with the model, which refers to the image. */
void document_format_artifact(const struct descriptor *model, const struct descriptor *image,
			      struct tsem_buffer *buffer);
/* Appends the index with one more item, or with it in the place of old; text is what was parsed, NULL: there is none yet. */
void document_format_index(const char *text, size_t size, const struct document *document, const struct descriptor *old,
			   const struct descriptor *item, struct tsem_buffer *buffer);

/* The configuration of an artifact that has none. */
#define EMPTY_CONFIG "{}"
void descriptor_of(const void *bytes, size_t size, const char *media_type, struct descriptor *ret_descriptor);
/* sha256:HEX. */
#define DIGEST_TEXT_SIZE (7 + 2 * TSEM_DIGEST_SIZE + 1)
void digest_text(const tsem_u8 digest[TSEM_DIGEST_SIZE], char ret_text[DIGEST_TEXT_SIZE]);

#endif
