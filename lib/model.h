/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text form of a model (docs/model-file.md). */
#ifndef TSEM_LIB_MODEL_H
#define TSEM_LIB_MODEL_H

#include "tsem.h"

#define MODEL_VERSION 1
#define MODEL_SIZE_MAX (1ull << 30)
/* A line holds the largest event in its longest spelling: six bytes of JSON for one of the CELL. */
#define MODEL_LINE_MAX (128u << 10)

/* name is for the errors */
int model_parse(const char *bytes, size_t size, const char *name, struct tsem_model **ret_model,
		struct tsem_error *error);
/* Appends the whole file. */
int model_format(const struct tsem_model *model, struct tsem_buffer *buffer, struct tsem_error *error);
/* Why this cannot be a model's name; NULL when it can. */
const char *model_name_fault(const char *name);
/* Whether an event belongs to this coefficient; if not, why. */
const char *model_record_fault(const struct tsem_record *record, const tsem_u8 *coefficient);

#endif
