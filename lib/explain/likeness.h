/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_LIKENESS_H
#define TSEM_LIB_LIKENESS_H

#include "../tsem.h"

/*
 * Equal for events that differ only in their object: the file, name or address, with its owner, mode and content. The
 * program, the action and the verdict are equal, and so are the size bytes of more, which add conditions.
 */
void record_likeness(const struct tsem_record *record, const void *more, size_t size,
		     tsem_u8 ret_key[TSEM_DIGEST_SIZE]);

#endif
