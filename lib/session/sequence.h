/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ids of namespaces count up from boot to boot of the machine and are never used twice. */
#ifndef TSEM_LIB_SEQUENCE_H
#define TSEM_LIB_SEQUENCE_H

#include "../tsem.h"

/* The id after the one in the text and after last. The text is a number on a line; an empty text has no number. */
int sequence_next(const char *text, size_t size, tsem_u64 last, tsem_u64 *ret_id, struct tsem_error *error);

#endif
