/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "utf8.h"

void tsem_buffer_deinit(struct tsem_buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

char *buffer_reserve(struct tsem_buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	char *data;

	if (buffer->failed)
		return NULL;
	if (size < buffer->capacity - buffer->size)
		return buffer->data + buffer->size;
	while (capacity - buffer->size <= size && capacity <= SIZE_MAX / 4)
		capacity *= 2;
	data = capacity - buffer->size > size ? realloc(buffer->data, capacity) : NULL;
	if (!data) {
		buffer->failed = true;
		return NULL;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	data[buffer->size] = 0;
	return data + buffer->size;
}

void tsem_buffer_add(struct tsem_buffer *buffer, const void *bytes, size_t size)
{
	char *tail = buffer_reserve(buffer, size);

	if (!tail)
		return;
	if (size)
		memcpy(tail, bytes, size);
	tail[size] = 0;
	buffer->size += size;
}

void buffer_text(struct tsem_buffer *buffer, const char *text)
{
	tsem_buffer_add(buffer, text, strlen(text));
}

void tsem_buffer_printf(struct tsem_buffer *buffer, const char *format, ...)
{
	va_list args;
	char *tail;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0) {
		buffer->failed = true;
		return;
	}
	tail = buffer_reserve(buffer, size);
	if (!tail)
		return;
	va_start(args, format);
	vsnprintf(tail, (size_t)size + 1, format, args);
	va_end(args);
	buffer->size += size;
}

/* Names are hardly ever anything else. */
static size_t printable_size(const tsem_u8 *bytes, size_t size)
{
	size_t i = 0;

	while (i < size && bytes[i] >= ' ' && bytes[i] < 0x7f && bytes[i] != '\\')
		i++;
	return i;
}

void buffer_escape(struct tsem_buffer *buffer, const tsem_u8 *bytes, size_t size)
{
	for (size_t at = 0, step; at < size; at += step) {
		step = printable_size(bytes + at, size - at);
		if (step) {
			tsem_buffer_add(buffer, bytes + at, step);
			continue;
		}
		step = utf8_length(bytes + at, size - at);
		if (step && bytes[at] != '\\' && utf8_harmless(utf8_code(bytes + at, step))) {
			tsem_buffer_add(buffer, bytes + at, step);
		} else if (bytes[at] == '\\') {
			buffer_text(buffer, "\\\\");
		} else {
			step = step ? step : 1;
			for (size_t i = 0; i < step; i++)
				tsem_buffer_printf(buffer, "\\x%02x", bytes[at + i]);
		}
	}
}

void buffer_hex(struct tsem_buffer *buffer, const tsem_u8 *bytes, size_t size)
{
	char *tail = buffer_reserve(buffer, 2 * size);

	if (!tail)
		return;
	hex_format(bytes, size, tail);
	buffer->size += 2 * size;
}
