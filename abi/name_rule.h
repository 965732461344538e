/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Patterns of names, as the kernel side has them. */
#ifndef TSEM_ABI_NAME_RULE_H
#define TSEM_ABI_NAME_RULE_H

#include "types.h"

/*
 * A name that differs from run to run: below a directory a name that begins in
 * one way, goes on with characters of one class, and ends in one way. The
 * middle is written as two slashes, which no path has.
 */
#define TSEM_NAME_RULES 64
#define TSEM_NAME_START 192
#define TSEM_NAME_SUFFIX 32
#define TSEM_NAME_MIDDLE_MAX 64
#define TSEM_NAME_DIGIT 1u
#define TSEM_NAME_HEX 2u
#define TSEM_NAME_ALNUM 3u /* letters, digits, _ and - */
struct tsem_name_rule {
	tsem_u8 start[TSEM_NAME_START]; /* directory, slash, prefix; followed by at least one zero */
	tsem_u8 suffix[TSEM_NAME_SUFFIX]; /* followed by zeros */
	tsem_u32 start_size; /* 0: no rule */
	tsem_u32 suffix_size;
	tsem_u32 alphabet; /* TSEM_NAME_DIGIT, _HEX, _ALNUM */
	tsem_u32 length; /* of the middle; 0: any, up to TSEM_NAME_MIDDLE_MAX */
};
TSEM_SIZE(tsem_name_rule, 240);
TSEM_LAYOUT(tsem_name_rule, start_size, 224);

#endif
