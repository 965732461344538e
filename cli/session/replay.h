/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events out of a file that an export wrote. */
#ifndef TSEM_CLI_REPLAY_H
#define TSEM_CLI_REPLAY_H

#include "stream.h"

/* path "-": standard input. Lines keep the host, boot and namespace that they name. */
int replay(const char *path, const struct stream_options *options, struct tsem_error *error);

#endif
