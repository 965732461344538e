/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The part that varies in some names, which are all different or pieces of such. */
#ifndef TSEM_LIB_PROPOSE_PART_H
#define TSEM_LIB_PROPOSE_PART_H

#include "propose.h"

struct name_part {
	size_t prefix, suffix; /* bytes of each that are the same */
	tsem_u8 class; /* of the rest */
	tsem_u8 length; /* 0: any */
};

/* Bytes that all begin with. */
size_t names_prefix(const struct varying_name *names, size_t count);
/* So many, or of so many runs, that something can be said of them. */
bool names_enough(const struct varying_name *names, size_t count);
/* They are random, all alike and have nothing in common: what a few of them begin with is chance. */
bool names_random(const struct varying_name *names, size_t count);
/* False: it is not likely that they were made up. alone: there is nothing beside them in their names. */
bool name_part_guess(const struct varying_name *names, size_t count, bool alone, struct name_part *ret_part);

/* Appends to a rule. False when there is no room, or the text has what a pattern cannot say. */
bool name_rule_put_head(struct tsem_name_rule *rule, const char *head, size_t size);
bool name_rule_put_literal(struct tsem_name_rule *rule, const char *text, size_t size);
bool name_rule_put_class(struct tsem_name_rule *rule, tsem_u32 class, size_t length);

#endif
