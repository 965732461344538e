/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where images are, and what refers to them: a layout or a registry. */
#ifndef TSEM_CLI_STORE_H
#define TSEM_CLI_STORE_H

#include "layout.h"
#include "registry.h"

#define STORE_SECONDS 60 /* longest time for one answer, where nobody says it */

struct store {
	char name[IMAGE_NAME_MAX + 256]; /* for people: HOST/NAME, or the directory */
	struct reference reference;
	struct registry registry;
	struct layout layout;
};

/* -EINVAL: the text names no image. The store has to stay where it is. */
int store_open(const char *text, const char *authorities, unsigned seconds, struct store *ret_store,
	       struct tsem_error *error);
/* The layout in a directory, which need not have the image. */
int store_open_directory(const char *directory, struct store *ret_store, struct tsem_error *error);
void store_close(struct store *store);

/*
 * The manifest of the image; of one for several platforms that of this one: OS/ARCHITECTURE[/VARIANT], NULL: of this
 * machine.
 */
int store_find(struct store *store, const char *platform, struct descriptor *ret_image, struct tsem_error *error);
/* By its digest. ret_found, which may be NULL, has its true size. */
int store_manifest(struct store *store, const struct descriptor *manifest, struct tsem_buffer *buffer,
		   struct descriptor *ret_found, struct tsem_error *error);
int store_blob(struct store *store, const struct descriptor *blob, struct tsem_buffer *buffer,
	       struct tsem_error *error);
int store_referrers(struct store *store, const struct descriptor *image, struct document *list,
		    struct tsem_error *error);
int store_add(struct store *store, const struct artifact *artifact, struct tsem_error *error);

#endif
