/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* OCI image layouts: a directory with blobs, and the index of what it offers. */
#ifndef TSEM_CLI_LAYOUT_H
#define TSEM_CLI_LAYOUT_H

#include "artifact.h"
#include "reference.h"

struct layout {
	char directory[PATH_MAX];
	struct tsem_buffer text; /* of index.json */
	struct document index;
	int here, blobs; /* its directory, and blobs/sha256 in it, while it is written */
};

/* Reads the index. -ENOENT when it is no layout. */
int layout_open(const char *directory, struct layout *ret_layout, struct tsem_error *error);
void layout_close(struct layout *layout);
/* The image of the reference's tag or digest, or the only one. */
int layout_find(const struct layout *layout, const struct reference *reference, struct descriptor *ret_image,
		struct tsem_error *error);
/* The content of a blob of at most limit bytes, checked. */
int layout_read(const struct layout *layout, const struct descriptor *blob, tsem_u64 limit, struct tsem_buffer *buffer,
		struct tsem_error *error);
/* Adds what could be models of the image: manifests below its tag for referrers, and all others that refer to it. */
int layout_referrers(const struct layout *layout, const tsem_u8 image[TSEM_DIGEST_SIZE], struct document *list,
		     struct tsem_error *error);
/* Writes blobs first and the index last. create: also where there is nothing yet. */
int layout_add(const char *directory, bool create, const struct artifact *artifact, struct tsem_error *error);
/* The path of a blob. */
void layout_path(const char *directory, const tsem_u8 digest[TSEM_DIGEST_SIZE], char *ret_path, size_t size);

#endif
