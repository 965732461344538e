/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_BUFFER_H
#define TSEM_LIB_BUFFER_H

#include "../tsem.h"

/*
 * Room for at least size bytes and a NUL; the caller then adds the written size to buffer->size. NULL, and
 * buffer->failed, when out of memory.
 */
char *buffer_reserve(struct tsem_buffer *buffer, size_t size);
void buffer_text(struct tsem_buffer *buffer, const char *text);
/* Bytes for a person: bytes that are not UTF-8, and all of characters that are not utf8_harmless(), become \xHH. */
void buffer_escape(struct tsem_buffer *buffer, const tsem_u8 *bytes, size_t size);
void buffer_hex(struct tsem_buffer *buffer, const tsem_u8 *bytes, size_t size);

#endif
