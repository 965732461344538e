/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events out of a file that an export wrote. */
#ifndef TSEM_CLI_STREAM_FILE_H
#define TSEM_CLI_STREAM_FILE_H

#include "stream.h"

/* path "-": standard input. Lines keep the host, boot and namespace that they name. */
int stream_file(const char *path, const struct stream_options *options, struct tsem_error *error);

#endif
