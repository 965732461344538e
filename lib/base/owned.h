/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether anybody other than root and this user can make a name lead elsewhere. */
#ifndef TSEM_BASE_OWNED_H
#define TSEM_BASE_OWNED_H

#include "../tsem.h"

#include <sys/stat.h>

enum owned {
	OWNED_ALONE,
	OWNED_BY_OTHER, /* another user */
	OWNED_WRITABLE, /* by its group or by all */
};

/* Who else may write the file or directory. root may write anything; as the owner it counts as another, or does not. */
enum owned owned_status(const struct stat *st, bool root_too);

/*
 * Checks every existing directory and symbolic link on the way to path, and path itself. Each must belong to root or to
 * this user, and must not be writable by others, except for directories in which only owners remove (sticky). -EPERM
 * with a sentence.
 */
int owned_path(const char *path, struct tsem_error *error);

#endif
