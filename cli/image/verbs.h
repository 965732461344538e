/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs of tsem image: as commands, with operands[0] the verb; options and the number of words are checked. */
#ifndef TSEM_CLI_IMAGE_VERBS_H
#define TSEM_CLI_IMAGE_VERBS_H

#include "../frame/cmd.h"
#include "store.h"

int image_attach(const struct invocation *invocation);
int image_fetch(const struct invocation *invocation);
int image_list(const struct invocation *invocation);

/* The image that operands[1] names, by the options platform, ca and timeout. STATUS_USAGE where it names none. */
int image_open(const struct invocation *invocation, struct store *ret_store, struct descriptor *ret_image);
/* The keys of --keys: a directory of public keys, or one key. */
int image_keys(const struct invocation *invocation, struct tsem_keyring *keyring);

#endif
