/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "../../lib/base/hex.h"
#include "../../lib/base/utf8.h"
#include "output.h"
#include "text.h"

void writer_init(struct writer *writer, FILE *file)
{
	memset(writer, 0, sizeof(*writer));
	writer->file = file;
}

static void write_text(struct writer *writer, const char *text, size_t size)
{
	tsem_u32 code;
	size_t length;

	fputc('"', writer->file);
	while (size > 0) {
		length = utf8_decode(text, size, &code);
		if (length == 0) {
			fputs("\\ufffd", writer->file);
			length = 1;
		} else if (code == '"' || code == '\\') {
			fprintf(writer->file, "\\%c", (int)code);
		} else if (!utf8_harmless(code) && code > 0xffff) {
			fprintf(writer->file, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
		} else if (!utf8_harmless(code)) {
			fprintf(writer->file, "\\u%04x", code);
		} else {
			fwrite(text, 1, length, writer->file);
		}
		text += length;
		size -= length;
	}
	fputc('"', writer->file);
}

static void begin_line(const struct writer *writer)
{
	if (!writer->flat)
		fprintf(writer->file, "\n%*s", 2 * (int)writer->depth, "");
}

/* Everything before a value: comma, line, key. */
static void begin_value(struct writer *writer, const char *key)
{
	if (writer->began)
		fputc(',', writer->file);
	if (writer->depth)
		begin_line(writer);
	if (key) {
		write_text(writer, key, strlen(key));
		fputs(": ", writer->file);
	}
	writer->began = true;
}

void writer_open(struct writer *writer, const char *key, char bracket)
{
	begin_value(writer, key);
	fputc(bracket, writer->file);
	writer->depth++;
	writer->began = false;
}

void writer_close(struct writer *writer, char bracket)
{
	writer->depth--;
	if (writer->began)
		begin_line(writer);
	fputc(bracket, writer->file);
	writer->began = true;
	if (writer->depth == 0)
		fputc('\n', writer->file);
}

void writer_string(struct writer *writer, const char *key, const char *text)
{
	begin_value(writer, key);
	write_text(writer, text, strlen(text));
}

void writer_buffer(struct writer *writer, const char *key, const struct tsem_buffer *text)
{
	begin_value(writer, key);
	write_text(writer, text->data, text->size);
}

void writer_hex(struct writer *writer, const char *key, const tsem_u8 digest[TSEM_DIGEST_SIZE])
{
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	hex_format(digest, TSEM_DIGEST_SIZE, hex);
	writer_string(writer, key, hex);
}

void writer_number(struct writer *writer, const char *key, unsigned long long number)
{
	begin_value(writer, key);
	fprintf(writer->file, "%llu", number);
}

void writer_bool(struct writer *writer, const char *key, bool value)
{
	begin_value(writer, key);
	fputs(value ? "true" : "false", writer->file);
}

void writer_null(struct writer *writer, const char *key)
{
	begin_value(writer, key);
	fputs("null", writer->file);
}

void writer_raw(struct writer *writer, const char *key, const struct tsem_buffer *text)
{
	begin_value(writer, key);
	fwrite(text->data, 1, text->size, writer->file);
}
