/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How an image is named: where it is, and which one it is there. */
#ifndef TSEM_CLI_REFERENCE_H
#define TSEM_CLI_REFERENCE_H

#include "../../lib/tsem.h"

#include <limits.h>

#define IMAGE_NAME_MAX 512
#define IMAGE_TAG_MAX 129

struct reference {
	bool layout; /* an OCI image layout, else a registry */
	char directory[PATH_MAX]; /* of a layout */
	char host[256]; /* of a registry, with its port */
	char name[IMAGE_NAME_MAX]; /* the repository in it */
	char tag[IMAGE_TAG_MAX]; /* may be empty: the only image of a layout, or latest */
	bool by_digest;
	tsem_u8 digest[TSEM_DIGEST_SIZE];
};

/*
 * HOST[:PORT]/NAME[:TAG][@sha256:HEX], if the first part has a dot or a colon or is localhost, and does not begin with a
 * dot; else DIRECTORY[:TAG][@sha256:HEX]. docker:// or oci: before it decides. -EINVAL with a sentence.
 */
int reference_parse(const char *text, struct reference *ret_reference, struct tsem_error *error);
/* The host is this machine: 127.0.0.0/8, ::1 or localhost. */
bool reference_loopback(const struct reference *reference);
/* Takes sha256:HEX of size bytes. */
bool reference_digest(const char *text, size_t size, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

/* The tag under which an index lists what refers to a manifest, where nothing else does: sha256-HEX. */
#define REFERRERS_TAG_MAX (7 + 2 * TSEM_DIGEST_SIZE + 1)
void reference_referrers_tag(const tsem_u8 digest[TSEM_DIGEST_SIZE], char ret_tag[REFERRERS_TAG_MAX]);
bool reference_is_referrers_tag(const char *tag);

#endif
