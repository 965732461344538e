/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "file.h"

#include "../text/output.h"

void model_file_tell(const char *path, const char *how)
{
	fputs("tsem: model ", stderr);
	print_styled(stderr, STYLE_PLAIN, path);
	fprintf(stderr, " is signed, and its signature was not verified; %s does that\n", how);
}

int model_file_read(const struct invocation *invocation, const char *path, const char *keys,
		    struct tsem_model **ret_model)
{
	struct tsem_keyring keyring = {};
	struct tsem_signed *info = NULL;
	int r = keys ? tsem_keyring_add_directory(&keyring, keys, invocation->error) : 0;

	if (!r)
		r = tsem_model_read_signed(path, keys ? &keyring : NULL, ret_model, &info, invocation->error);
	if (!r && info && !keys)
		model_file_tell(path, "--keys KEYDIR");
	tsem_signed_destroy(info);
	tsem_keyring_deinit(&keyring);
	return r;
}
