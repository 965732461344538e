/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How commands read model files, so that an unverified signature never looks like a verified one. */
#ifndef TSEM_CLI_MODEL_FILE_H
#define TSEM_CLI_MODEL_FILE_H

#include "../frame/cmd.h"

/*
 * keys: a directory of public keys, one of which must have signed the file; NULL: nothing is verified, and for a file
 * that is signed this is said.
 */
int model_file_read(const struct invocation *invocation, const char *path, const char *keys,
		    struct tsem_model **ret_model);
/*
 * The model that a workload is judged by. With --require-signed, one that does not meet the demand (lib/sign/demand.h)
 * ends here: before a namespace is made, before anything of the workload runs. There is no other way to go on without a
 * signature than not to ask for one.
 */
int model_file_read_judged(const struct invocation *invocation, const char *path, struct tsem_model **ret_model);
/* The dates of a verified model, and --about. */
int model_file_check(const struct invocation *invocation, const char *path, const struct tsem_signed *info);
/* Says on standard error that the signature of path was not verified; how: what would verify it. */
void model_file_tell(const char *path, const char *how);

#endif
