/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a name can be made to lead elsewhere by somebody who is neither root nor us. */
#ifndef TSEM_BASE_OWNED_H
#define TSEM_BASE_OWNED_H

#include "../tsem.h"

/*
 * Of every directory and symbolic link on the way to path, and of path itself, as far as it is there: of root or of who
 * runs this, and not writable by others, but for directories in which only owners remove (sticky). -EPERM with a sentence.
 */
int owned_path(const char *path, struct tsem_error *error);

#endif
