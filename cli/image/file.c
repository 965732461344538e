/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "file.h"
#include "../../lib/base/file.h"

#include <errno.h>
#include <string.h>

int image_file_read(const char *path, tsem_u64 limit, struct tsem_buffer *buffer, struct tsem_error *error)
{
	int r = file_read(path, limit, buffer);

	if (r == -EFBIG)
		return tsem_error_set(error, EFBIG, "%.512s is no file of at most %llu bytes", path, limit);
	return r ? tsem_error_set(error, -r, "cannot read %.512s: %s", path, strerror(-r)) : 0;
}
