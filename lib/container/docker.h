/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The digests of an image of docker, which knows images by the digest of their configuration. */
#ifndef TSEM_CONTAINER_DOCKER_H
#define TSEM_CONTAINER_DOCKER_H

#include "names.h"

struct docker_digests {
	struct container_names manifests; /* manifests that name this configuration */
	struct container_names
		others; /* by which it was pulled: of an index, or of a manifest that is not there any more */
};

/*
 * root: docker's own directory; driver: of its storage; id: sha256:HEX of the configuration. Files that anybody but root
 * may write are an error; a file that is not there says nothing.
 */
int docker_digests_find(const char *root, const char *driver, const char *id, struct docker_digests *ret_digests,
			struct tsem_error *error);
void docker_digests_deinit(struct docker_digests *digests);

#endif
