/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events of two models that are the same deed of the same program but for one field. */
#ifndef TSEM_CLI_MODEL_PAIRS_H
#define TSEM_CLI_MODEL_PAIRS_H

#include "../../lib/tsem.h"

struct pair {
	const struct tsem_entry *a, *b;
};

struct pairs {
	struct pair *items;
	size_t count;
};

/* Sorts both lists, and sets what becomes part of a pair to NULL there. All have records. */
int pairs_find(struct pairs *pairs, const struct tsem_entry **a, size_t a_count, const struct tsem_entry **b, size_t b_count,
	       struct tsem_error *error);
void pairs_deinit(struct pairs *pairs);

#endif
