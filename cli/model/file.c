/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "file.h"

#include "../report/about.h"
#include "../text/output.h"

#include <time.h>

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

static unsigned option_of(const struct invocation *v, const char *name)
{
	return command_option(v->command, name);
}

static int read_unverified(const struct invocation *v, const char *path, struct tsem_model **ret_model)
{
	struct tsem_signed *info = NULL;
	int quiet = command_option(v->command, "quiet"), r;

	r = tsem_model_read_signed(path, NULL, ret_model, &info, v->error);
	if (!r && info && (quiet < 0 || !invocation_given(v, quiet)))
		model_file_tell(path, "--require-signed KEYDIR");
	tsem_signed_destroy(info);
	return r;
}

int model_file_read_judged(const struct invocation *v, const char *path, struct tsem_model **ret_model)
{
	const char *keys = invocation_value(v, option_of(v, "require-signed")),
		   *serials = invocation_value(v, option_of(v, "serials"));
	struct tsem_keyring keyring = {};
	struct tsem_model *model = NULL;
	struct tsem_signed *info = NULL;
	int r;

	if (!keys)
		return read_unverified(v, path, ret_model);
	r = tsem_keyring_add_directory(&keyring, keys, v->error);
	if (!r)
		r = tsem_model_read_signed(path, &keyring, &model, &info, v->error);
	if (!r)
		r = tsem_signed_check_dates(info, path, time(NULL), v->error);
	if (!r)
		r = about_check(v, option_of(v, "about"), path, info);
	if (!r)
		r = tsem_serials_accept(serials ? serials : TSEM_SERIALS, path, model->name, info, v->error);
	if (r)
		tsem_model_destroy(model);
	else
		*ret_model = model;
	tsem_signed_destroy(info);
	tsem_keyring_deinit(&keyring);
	return r;
}
