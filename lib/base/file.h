/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that somebody names. */
#ifndef TSEM_LIB_FILE_H
#define TSEM_LIB_FILE_H

#include "../tsem.h"

/*
 * Appends the content of a regular file. A pipe or a device, which may never end, is not read. 0 or a negative errno;
 * -EFBIG: it is no regular file of at most limit bytes, -EIO: it became shorter meanwhile.
 */
int file_read(const char *path, tsem_u64 limit, struct tsem_buffer *buffer);

#endif
