/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A signed model's statements about itself: its subjects, and its validity. */
#ifndef TSEM_CLI_ABOUT_H
#define TSEM_CLI_ABOUT_H

#include "../frame/cmd.h"
#include "../text/output.h"

/*
 * Each value of option, sha256:HEX or the path of a file, has to be the digest of a subject of the model at path; the
 * names of subjects are not compared. 0 when all are, also when none is given.
 */
int about_check(const struct invocation *invocation, unsigned option, const char *path, const struct tsem_signed *info);

/* Members serial, not_before and not_after, as far as there are. */
void write_validity(struct writer *writer, const struct tsem_validity *validity);

#endif
