/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_LIKENESS_H
#define TSEM_LIB_LIKENESS_H

#include "../tsem.h"

/*
 * Equal for events that differ in their object only: the file, name or address
 * that they are about, with its owner, mode and content. The doer, the deed and
 * whether it was refused are the same, and the size bytes of more, which says
 * what else has to be.
 */
void record_likeness(const struct tsem_record *record, const void *more, size_t size,
		     tsem_u8 ret_key[TSEM_DIGEST_SIZE]);

#endif
