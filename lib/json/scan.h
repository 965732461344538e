/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Strict JSON (RFC 8259), token by token, without memory of its own. Errors are sticky. */
#ifndef TSEM_LIB_JSON_SCAN_H
#define TSEM_LIB_JSON_SCAN_H

#include "../tsem.h"

#define SCAN_DEPTH_MAX 32 /* of values that are skipped */

struct scanner {
	const char *start, *at, *end;
	const char *reason; /* NULL while all is well */
	const char *member; /* that the reason is about, may be NULL */
	const char *where; /* position of the error */
};

bool scan_fail(struct scanner *scanner, const char *member, const char *reason);
void scan_space(struct scanner *scanner);
/* Takes this one character; false, without an error, when it is another one. */
bool scan_accept(struct scanner *scanner, char character);
bool scan_expect(struct scanner *scanner, char character);
/*
 * Takes a string and gives its value, at most limit bytes. Longer ones are an
 * error when strict, else they are validated, and the size is limit + 1.
 */
bool scan_string(struct scanner *scanner, tsem_u8 *bytes, size_t limit, bool strict, size_t *ret_size);
/*
 * Takes the characters up to a quote or a backslash. False at the end of the text and at a character that a string
 * cannot contain.
 */
bool scan_run(struct scanner *scanner);
/* Takes the characters after a backslash, as UTF-8 of up to four bytes. */
bool scan_escape(struct scanner *scanner, tsem_u8 *bytes, size_t *ret_size);
/* Validates any value and forgets it. */
bool scan_skip(struct scanner *scanner);

#endif
