/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Patterns of names, as the kernel side has them. */
#ifndef TSEM_ABI_NAME_RULE_H
#define TSEM_ABI_NAME_RULE_H

#include "types.h"

/*
 * A name that differs from run to run: behind what it begins with, which a
 * directory belongs to, come characters that stand there as they are, and parts.
 * A part that differs is written as two slashes, which no path has.
 */
#define TSEM_NAME_RULES 64
#define TSEM_NAME_START 192
#define TSEM_NAME_FORM 64
#define TSEM_NAME_MIDDLE_MAX 64
/* Parts: two bytes of the form, the second is the length; 0: any, up to TSEM_NAME_MIDDLE_MAX. */
#define TSEM_NAME_DIGIT 1u
#define TSEM_NAME_HEX 2u
#define TSEM_NAME_ALNUM 3u /* letters, digits, _ and - */
#define TSEM_NAME_WHOLE 4u /* any characters, which stay as they are; once, without a length */
struct tsem_name_rule {
	/* What is not below the root: of an abstract UNIX socket a NUL first, of a name that was typed relative no slash. */
	tsem_u8 start[TSEM_NAME_START]; /* at least one zero behind */
	tsem_u8 form[TSEM_NAME_FORM]; /* zeros behind */
	tsem_u32 start_size;
	tsem_u32 form_size; /* 0: no rule */
};
TSEM_SIZE(tsem_name_rule, 264);
TSEM_LAYOUT(tsem_name_rule, start_size, 256);

#endif
