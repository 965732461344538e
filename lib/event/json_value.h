/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One value of an event's JSON into its canonical encoding. */
#ifndef TSEM_LIB_JSON_VALUE_H
#define TSEM_LIB_JSON_VALUE_H

#include "../json/scan.h"
#include "schema.h"

struct json_reader {
	struct scanner scan;
	tsem_u8 *out;
	size_t size, limit;
};

bool json_put(struct json_reader *reader, const void *bytes, size_t size);
/* The field is not a shape. */
bool json_read_value(struct json_reader *reader, const struct field *field);

#endif
