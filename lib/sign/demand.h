/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requirements of a signed model before it judges any event. */
#ifndef TSEM_LIB_DEMAND_H
#define TSEM_LIB_DEMAND_H

#include "../tsem.h"

struct demand {
	const char *keys; /* a directory of public keys, one of which has signed the model */
	const char *serials; /* the file that remembers serials */
	/* Each, sha256:HEX or the path of a regular file, is the digest of one of its subjects; names do not count. */
	const char *const *about;
	size_t about_count;
	tsem_u64 now; /* seconds since 1970 */
};

/*
 * Of a model that was verified: its dates, and what it is about. -EDOM: an element of about is neither a path nor a
 * digest. path is for the errors.
 */
int demand_check(const struct demand *demand, const struct tsem_signed *info, const char *path,
		 struct tsem_error *error);
/*
 * Reads a model that meets all of the demand, and no other: it fails closed. The file is read once, so what was verified
 * is what is returned. Keys that cannot be read, and a directory without keys, refuse the model. The serial is looked at
 * last, because the highest one is remembered.
 */
int demand_read(const struct demand *demand, const char *path, struct tsem_model **ret_model, struct tsem_error *error);

#endif
