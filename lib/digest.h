/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_DIGEST_H
#define TSEM_LIB_DIGEST_H

#include "tsem.h"

/* SHA-256 by the engine's own sources. */
void digest_bytes(const void *bytes, size_t size, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
/* The identity of the program that an event bprm_committed_creds starts. */
void record_task_id(const struct tsem_record *record, tsem_u8 ret_id[TSEM_DIGEST_SIZE]);

#endif
