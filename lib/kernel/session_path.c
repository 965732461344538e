/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* By itself, because commands use it, too. */
#include "runtime.h"

#include <errno.h>
#include <stdio.h>

int session_files_path(const char *name, const char *file, char *ret_path, size_t size)
{
	return snprintf(ret_path, size, TSEM_SESSIONS "/%s/%s", name, file) < (int)size ? 0 : -ENAMETOOLONG;
}
