/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a container's engine knows of it: names, image, labels. Its runtime is not told. */
#ifndef TSEM_CONTAINER_IDENTITY_H
#define TSEM_CONTAINER_IDENTITY_H

#include "container.h"
#include "names.h"

/* Of Kubernetes; NULL: not known. */
struct container_pod {
	char *space; /* the namespace of Kubernetes that it is in */
	char *name, *uid;
};

/* What the manifest of the image has of tsem: podman hands on its annotations as if they were the starter's. */
enum image_says {
	IMAGE_UNKNOWN, /* the storage that the bundle is in does not show the image, or not the container */
	IMAGE_SAYS_NOTHING, /* or the engine hands on nothing of it */
	IMAGE_SAYS_SETTINGS,
};

struct container_identity {
	char *name; /* of the container; NULL: not known, as the others */
	struct container_names images; /* names of its image */
	/* sha256:HEX of its image: of the manifest first, if that is known, then the id, then others by which it was pulled. */
	struct container_names digests;
	bool manifest; /* the first digest is that of the manifest */
	enum image_says image_says;
	struct container_pairs labels;
	struct container_pod pod;
	bool in_pod; /* an engine of Kubernetes says so: its other annotations may be those of whoever made the pod */
	bool sandbox; /* it only holds the namespaces of its pod, whose annotations are about the others */
	bool lost; /* there was no memory for one of these */
};

/*
 * From the storage of podman and CRI-O that the bundle is in, the files of docker beside the host name, or, where there
 * are neither, the annotations of Kubernetes' engines. What none of them says stays unknown. An error: they are there, and cannot be read or
 * kept: a name that is left out would match no policy.
 */
int container_identity_find(const struct container *container, const char *bundle, const char *id,
			    struct container_identity *ret_identity, struct tsem_error *error);
void container_identity_deinit(struct container_identity *identity);

#endif
