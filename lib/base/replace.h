/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only place that replaces files. It first checks what exists there. It follows symbolic links: it replaces their
 * target, and keeps owner, mode and access list. It writes directly to a path of a descriptor (/dev/stdout, /dev/fd/N),
 * and in place to a file that is a mount point. It refuses directories and devices.
 */
#ifndef TSEM_LIB_REPLACE_H
#define TSEM_LIB_REPLACE_H

#include "../tsem.h"

#define REPLACE_PRIVATE 1u /* readable only by its owner, if it is new */
#define REPLACE_VOLATILE 2u /* need not be on the disk when this returns */

/* Either as it was or complete, unless it is written in its place. */
int replace_file(const char *path, const void *bytes, size_t size, unsigned flags, struct tsem_error *error);
/*
 * The same for an entry of an open directory in which others may exchange entries meanwhile: no link is followed, and of
 * the mode nothing but the permissions is kept. shown: its path, for the error.
 */
int replace_file_at(int directory, const char *name, const char *shown, const void *bytes, size_t size,
		    struct tsem_error *error);
/*
 * Gives a file or directory another name, where there is nothing or, for a
 * file, another file. Nothing else is moved, not even a symbolic link.
 */
int replace_move(const char *from, const char *to);

#endif
