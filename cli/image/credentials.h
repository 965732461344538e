/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and passwords of registries, in the files that podman, skopeo and docker write. */
#ifndef TSEM_CLI_CREDENTIALS_H
#define TSEM_CLI_CREDENTIALS_H

#include "reference.h"

#define CREDENTIALS_MAX 16384

struct credentials {
	bool known;
	char pair[CREDENTIALS_MAX]; /* base64 of NAME:PASSWORD, as HTTP wants it */
	char path[PATH_MAX]; /* the file that was looked into last; empty: there is none */
};

/*
 * In $REGISTRY_AUTH_FILE; or, of what there is, in $XDG_RUNTIME_DIR/containers/auth.json and then ~/.docker/config.json.
 * None is no error, a file that cannot be understood is one.
 */
int credentials_find(const struct reference *reference, struct credentials *ret_credentials, struct tsem_error *error);
/* The same in one file's text. */
int credentials_parse(const char *text, size_t size, const struct reference *reference, struct credentials *credentials,
		      struct tsem_error *error);

#endif
