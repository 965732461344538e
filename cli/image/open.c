/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verbs.h"

#include <errno.h>
#include <sys/stat.h>

int image_open(const struct invocation *v, struct store *ret_store, struct descriptor *ret_image)
{
	unsigned seconds = invocation_number(v, OPTION_image_timeout, STORE_SECONDS);
	int r = store_open(v->operands[1], invocation_value(v, OPTION_image_ca), seconds, ret_store, v->error);

	if (r)
		return r == -EINVAL ? STATUS_USAGE : r;
	r = store_find(ret_store, invocation_value(v, OPTION_image_platform), ret_image, v->error);
	if (r)
		store_close(ret_store);
	return r;
}

int image_keys(const struct invocation *v, struct tsem_keyring *keyring)
{
	const char *path = invocation_value(v, OPTION_image_keys);
	struct stat status;

	if (!stat(path, &status) && S_ISREG(status.st_mode))
		return tsem_keyring_add_file(keyring, path, v->error);
	return tsem_keyring_add_directory(keyring, path, v->error);
}
