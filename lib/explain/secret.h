/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files whose names say that they hold secrets: a reader of a list of events must see each of them. */
#ifndef TSEM_LIB_SECRET_H
#define TSEM_LIB_SECRET_H

#include <stdbool.h>

/* Also the directory of such files, and a name that was deleted. */
bool secret_path(const char *path);
/*
 * Of a path that begins anywhere: in a detached mount, another mount namespace, below another root directory, or as
 * somebody wrote it. The end of the name counts there: shadow, wherever it is.
 */
bool secret_elsewhere(const char *path);

#endif
