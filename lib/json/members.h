/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects and lists whose members are not known as an event's are: by a table of readers. */
#ifndef TSEM_LIB_JSON_MEMBERS_H
#define TSEM_LIB_JSON_MEMBERS_H

#include "scan.h"

struct json_member {
	const char *name; /* NULL ends the array, which has at most 32 */
	/* Takes the value. False with an error of the scanner. */
	bool (*read)(struct scanner *scanner, void *context);
	bool required;
};

/*
 * Reads an object. Its members come in any order; unknown members are skipped, whatever JSON they contain. A duplicate
 * member is an error, because two readers could choose differently.
 */
bool json_members(struct scanner *scanner, const struct json_member *members, void *context);
/* Reads an object whose names are not known before: with each name, read takes the value. */
bool json_each(struct scanner *scanner, bool (*read)(struct scanner *scanner, const char *name, void *context),
	       void *context);
/* Takes null, if that is what stands here: some writers have it in the place of another kind of value. */
bool json_null(struct scanner *scanner);
/* Takes a list, at most limit values of it. */
bool json_list(struct scanner *scanner, size_t limit, bool (*read)(struct scanner *scanner, void *context),
	       void *context);
/* Takes a number without sign, fraction or exponent, of at most 18 digits. */
bool json_number(struct scanner *scanner, const char *member, tsem_u64 *ret_number);
/* Takes a string of any length. The caller frees *ret_text, which has a NUL that the size does not count. */
bool json_text(struct scanner *scanner, char **ret_text, size_t *ret_size);
/* The end of the text, except for white space. */
bool json_end(struct scanner *scanner);
/* The sentence of why the scanner refuses a text, and where. Returns -EBADMSG. */
int json_refuse(const char *name, const struct scanner *scanner, struct tsem_error *error);
/* Appends a string with its quotes. False for a string that is not UTF-8. */
bool json_put_text(struct tsem_buffer *buffer, const char *text, size_t size);

#endif
