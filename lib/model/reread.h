/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The contents that a model names, as the files have them now. */
#ifndef TSEM_LIB_REREAD_H
#define TSEM_LIB_REREAD_H

#include "../tsem.h"

#define REREAD_NAMED 3

struct reread {
	size_t changed; /* contents that have another digest now */
	size_t sizes; /* of large contents, that the model did not have */
	size_t missing; /* contents that cannot be read; the first of them, and why: */
	struct {
		const struct tsem_content *content;
		const char *reason;
	} named[REREAD_NAMED];
};

/*
 * Why the contents of the model cannot be replaced: it lacks events that depend on them. verb is the one of tsem model,
 * path that of the model, for the errors. -ENODATA.
 */
int reread_check(const struct tsem_model *model, const char *path, const char *verb, struct tsem_error *error);
/*
 * Sets the replacements of the contents, and adds the sizes of large ones to the model. root: the directory that the
 * paths of all types begin at; NULL: the paths of type root begin at /, and the others cannot be read. A content that
 * cannot be read keeps its digest, and is no error. No file outside of root is opened, nothing but a regular file, and
 * none by way of a symbolic link. A content that has a pseudonym may have any digest, and may be missing.
 */
int reread_contents(struct tsem_model *model, struct tsem_contents *contents, const char *root,
		    struct reread *ret_reread, struct tsem_error *error);

#endif
