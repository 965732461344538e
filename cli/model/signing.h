/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What commands that sign, or say who has signed, share: by the options key, not-before, not-after and serial. */
#ifndef TSEM_CLI_SIGNING_H
#define TSEM_CLI_SIGNING_H

#include "../frame/cmd.h"
#include "../text/output.h"

/* The private key; its passphrase comes from the environment. */
int signing_key_read(const struct invocation *invocation, struct tsem_key **ret_key);
/* STATUS_USAGE for moments that are none. */
int signing_validity_read(const struct invocation *invocation, struct tsem_validity *ret_validity);
/* Members signatures, subjects, and those of the validity. */
void signing_write(struct writer *writer, const struct tsem_signed *info);

#endif
