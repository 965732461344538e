/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one place where a file takes the place of another: it looks at what is
 * there first. A path may lead through symbolic links: what they lead to is
 * replaced, and keeps its owner, mode and access list. A path of a descriptor
 * (/dev/stdout, /dev/fd/N) is written to where it stands, and a file that is
 * mounted by itself in its place. Directories and devices are refused.
 */
#ifndef TSEM_LIB_REPLACE_H
#define TSEM_LIB_REPLACE_H

#include "../tsem.h"

#define REPLACE_PRIVATE 1u /* for nobody else to read, if it is new */
#define REPLACE_VOLATILE 2u /* need not be on the disk when this returns */

/* Either as it was or complete, unless it is written in its place. */
int replace_file(const char *path, const void *bytes, size_t size, unsigned flags, struct tsem_error *error);
/*
 * Gives a file or directory another name, where there is nothing or, for a
 * file, another file. Nothing else is moved, not even a symbolic link.
 */
int replace_move(const char *from, const char *to);

#endif
