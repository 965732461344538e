/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Registries: the distribution protocol of OCI, as far as models need it. */
#ifndef TSEM_CLI_REGISTRY_H
#define TSEM_CLI_REGISTRY_H

#include "artifact.h"
#include "reference.h"

/* HTTPS; of this machine itself plain HTTP, unless authorities are given. */
struct registry {
	const struct reference *reference;
	const char *authorities; /* a file of certificates to trust; NULL: those of the system */
	unsigned seconds; /* longest time for one answer */
	char base[512]; /* https://HOST */
	char *authorization; /* the header that the registry wanted last; NULL: none */
};

void registry_open(const struct reference *reference, const char *authorities, unsigned seconds,
		   struct registry *ret_registry);
void registry_close(struct registry *registry);
/* The manifest of this digest, or where it is NULL what the reference names. */
int registry_manifest(struct registry *registry, const tsem_u8 *digest, struct tsem_buffer *buffer,
		      struct descriptor *ret_descriptor, struct tsem_error *error);
/* Checked. Redirections are followed, to HTTPS only and without authorization. */
int registry_blob(struct registry *registry, const struct descriptor *blob, struct tsem_buffer *buffer,
		  struct tsem_error *error);
/* Adds what refers to the image: as the registry lists it, or else the index under the image's tag for it. */
int registry_referrers(struct registry *registry, const tsem_u8 image[TSEM_DIGEST_SIZE], struct document *list,
		       struct tsem_error *error);
int registry_add(struct registry *registry, const struct artifact *artifact, struct tsem_error *error);

#endif
