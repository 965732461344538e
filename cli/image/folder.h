/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directories that somebody else may write to, too: all is done below their descriptors, so that nobody who exchanges
 * names meanwhile chooses a file or directory elsewhere.
 */
#ifndef TSEM_CLI_FOLDER_H
#define TSEM_CLI_FOLDER_H

#include <stddef.h>

/* A descriptor, or -errno. It makes the directory where there is none; -ENOTDIR: something else, such as a link. */
int folder_open(int parent, const char *name);
/* The whole file, or the old one stays. -ENOTSUP: it is no regular file. */
int folder_write(int folder, const char *name, const void *bytes, size_t size);

#endif
