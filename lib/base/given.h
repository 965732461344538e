/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Structs of options that begin with their size: a caller may be older or newer than the library. */
#ifndef TSEM_LIB_GIVEN_H
#define TSEM_LIB_GIVEN_H

#include "../tsem.h"

/*
 * Copies the caller's struct, size bytes, with zeros after the caller's members. -EINVAL: it does not say its size;
 * -E2BIG: it asks for something that this version does not know.
 */
int given_copy(const void *given, const char *name, void *ret_options, size_t size, struct tsem_error *error);

#endif
