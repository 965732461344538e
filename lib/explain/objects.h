/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that an event is about. tsem_record_object has the first of them; whoever decides by the object looks at each: a
 * renaming concerns the name that a file gets no less than the one that it had.
 */
#ifndef TSEM_LIB_OBJECTS_H
#define TSEM_LIB_OBJECTS_H

#include "describe.h"

/* The paths and addresses of the event, and the texts that name a file, in order; before NULL: the first. NULL: no more. */
const struct item *object_next(const struct codec *codec, const struct item *before);
/* The field of the event that has the object: "new_dentry". */
const char *object_field(const struct codec *codec, const struct item *object);
/* As tsem_record_object. Where a symbolic link leads is a path also if the link has it relative to its own directory. */
void object_describe(struct describing *d, const struct item *object);
/* object is of this codec, text is that of object_describe. By its name, or because it is a block device, whatever that is called. */
bool object_secret(const struct codec *codec, const struct item *object, const char *text);
/* The next of the secrets that options of a mount name (lowerdir=/etc/ssl/private), from *position on; false: no more. */
bool option_secret(const struct codec *codec, size_t *position, struct tsem_buffer *ret_name);

/* Whether any object of the event is a secret. */
bool record_secret(const struct tsem_record *record);
/* Whether a name of the event matches the shell pattern: one of them; or all of them, for who lets it happen. */
bool record_matches_any(const struct tsem_record *record, const char *pattern);
bool record_matches_all(const struct tsem_record *record, const char *pattern);
/* All objects, with a comma between them; nothing when there are none. */
void record_objects(const struct tsem_record *record, struct tsem_buffer *buffer);

#endif
