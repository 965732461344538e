/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text form of a model (docs/model-file.md). */
#ifndef TSEM_LIB_MODEL_H
#define TSEM_LIB_MODEL_H

#include "../tsem.h"

#define MODEL_VERSION 1
#define MODEL_SIZE_MAX (1ull << 30)
/* A line holds the largest event in its longest spelling: six bytes of JSON for one of the CELL. */
#define MODEL_LINE_MAX (128u << 10)

/* The bytes of a file that begins like a model or like a signed one, all read at once. */
int model_load(const char *path, struct tsem_buffer *ret_bytes, struct tsem_error *error);
/* name is for the errors */
int model_parse(const char *bytes, size_t size, const char *name, struct tsem_model **ret_model,
		struct tsem_error *error);
/* Appends the whole file. */
int model_format(const struct tsem_model *model, struct tsem_buffer *buffer, struct tsem_error *error);
/* Why this cannot be a model's name; NULL when it can. */
const char *model_name_fault(const char *name);
/* Whether an event belongs to this coefficient; if not, why. */
const char *model_record_fault(const struct tsem_record *record, const tsem_u8 *coefficient);

/* Adds counts, runs and the earlier place in the order of another entry of the same event. Not the record. */
void entry_join(struct tsem_entry *entry, const struct tsem_entry *other);
/* A copy of the record, NULL when out of memory or when there is no record. */
struct tsem_record *record_copy(const struct tsem_record *record);
/* False when out of memory. */
bool model_add_source(struct tsem_model *model, const struct tsem_source *source);
/* Appends a path as the file has it: printable ASCII, all else and the backslash as \xHH. */
void model_escape(const char *path, struct tsem_buffer *buffer);
/* The path of the escaped text; false when model_escape would not write this text. */
bool model_unescape(const char *text, size_t size, char *ret_path, size_t limit);
/* -EINVAL when they do not model the same in the same way; what: that they "cannot be merged", or the like. */
int model_settings_check(const struct tsem_model *model, const struct tsem_model *other, const char *what,
			 struct tsem_error *error);
/* Appends the head up to the number of coefficients. */
void model_format_head(const struct tsem_model *model, struct tsem_buffer *buffer);

#endif
