/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The models that refer to an image, each looked at from its manifest to its signature. */
#ifndef TSEM_CLI_ATTACHED_H
#define TSEM_CLI_ATTACHED_H

#include "store.h"

struct attached {
	struct descriptor manifest, envelope;
	struct tsem_buffer manifest_bytes, envelope_bytes;
	struct tsem_model *model;
	struct tsem_signed *info;
	struct tsem_error refused; /* code 0: it is good, as far as that was asked for */
};

void attached_deinit(struct attached *attached);

/* May take over what it is given, and leave zeros. Not 0 ends all. */
typedef int (*attached_fn)(void *context, struct attached *attached, struct tsem_error *error);
/*
 * Each that says it is a model of the image, refused ones too. keyring NULL: no signature is verified. An error: what there
 * is could not be had.
 */
int attached_each(struct store *store, const struct descriptor *image, const struct tsem_keyring *keyring,
		  attached_fn fn, void *context, struct tsem_error *error);

/*
 * Of those that a key of the keyring has signed, that are about this image and within their dates, and of this name if one
 * is given: that of the highest serial. One without is older than all others. -ENOENT: none is attached; refused ones are
 * another error. Two of one serial, or of two names, are an error, too. told gets a line for each refused one.
 */
int attached_choose(struct store *store, const struct descriptor *image, const struct tsem_keyring *keyring,
		    const char *name, struct attached *ret_attached, struct tsem_buffer *told,
		    struct tsem_error *error);
/*
 * The same in the layout in a directory, with the keys in another: the path of the envelope. image: sha256:HEX of its
 * manifest. -ENOENT: none is attached, and nothing else is.
 */
int attached_find(const char *directory, const char *keys, const char *image, char ret_path[PATH_MAX],
		  struct tsem_error *error);

#endif
