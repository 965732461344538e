/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "file.h"

#include "../../lib/sign/demand.h"
#include "../text/output.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

void model_file_tell(const char *path, const char *how)
{
	fputs("tsem: model ", stderr);
	print_styled(stderr, STYLE_PLAIN, path);
	fprintf(stderr, " is signed, and its signature was not verified; use %s to verify it\n", how);
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

/* The values of --about, to be freed. */
static int read_about(const struct invocation *v, struct demand *demand)
{
	const char **about = calloc(v->given_count + 1, sizeof(*about));
	size_t cursor = 0;

	if (!about)
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	while ((about[demand->about_count] = invocation_next(v, option_of(v, "about"), &cursor)))
		demand->about_count++;
	demand->about = about;
	return 0;
}

static int end_demand(struct demand *demand, int r)
{
	free((void *)demand->about);
	return r == -EDOM ? STATUS_USAGE : r;
}

int model_file_check(const struct invocation *v, const char *path, const struct tsem_signed *info)
{
	struct demand demand = {.now = time(NULL)};
	int r = read_about(v, &demand);

	return end_demand(&demand, r ? r : demand_check(&demand, info, path, v->error));
}

int model_file_read_judged(const struct invocation *v, const char *path, struct tsem_model **ret_model)
{
	const char *serials = invocation_value(v, option_of(v, "serials"));
	struct demand demand = {
		.keys = invocation_value(v, option_of(v, "require-signed")),
		.serials = serials ? serials : TSEM_SERIALS,
		.now = time(NULL),
	};
	int r;

	if (!demand.keys)
		return read_unverified(v, path, ret_model);
	r = read_about(v, &demand);
	return end_demand(&demand, r ? r : demand_read(&demand, path, ret_model, v->error));
}
