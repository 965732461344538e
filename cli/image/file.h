/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_IMAGE_FILE_H
#define TSEM_CLI_IMAGE_FILE_H

#include "../../lib/tsem.h"

/* Appends the content of a regular file of at most limit bytes. */
int image_file_read(const char *path, tsem_u64 limit, struct tsem_buffer *buffer, struct tsem_error *error);

#endif
