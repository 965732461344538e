/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A signed model as other tools store it: a manifest that refers to an image, and one blob. */
#ifndef TSEM_CLI_ARTIFACT_H
#define TSEM_CLI_ARTIFACT_H

#include "document.h"

#define ATTACHED_MAX 64 /* models of one image */

struct artifact {
	struct descriptor image, manifest, envelope;
	struct tsem_buffer manifest_bytes, envelope_bytes;
};

/* From the envelope, which it takes over. */
int artifact_make(const struct descriptor *image, struct tsem_buffer *envelope, struct artifact *ret_artifact,
		  struct tsem_error *error);
/* Of a manifest that refers to the image: where its envelope is. -EBADMSG when it is not as artifact_make() makes it. */
int artifact_parse(const struct tsem_buffer *manifest, const char *name, const tsem_u8 image[TSEM_DIGEST_SIZE],
		   struct descriptor *ret_envelope, struct tsem_error *error);
void artifact_deinit(struct artifact *artifact);
/* Whether what an index says of it leaves open that it is one. */
bool artifact_possible(const struct descriptor *item);
/* -E2BIG: the image has more than ATTACHED_MAX. where: as in content_check(). */
int artifact_too_many(const tsem_u8 image[TSEM_DIGEST_SIZE], const char *where, struct tsem_error *error);

/* Whether the bytes are those of the descriptor; -EBADMSG with a sentence. where: whose they are. */
int content_check(const struct tsem_buffer *bytes, const struct descriptor *descriptor, const char *where,
		  struct tsem_error *error);

#endif
