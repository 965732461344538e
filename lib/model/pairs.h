/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_PAIRS_H
#define TSEM_LIB_PAIRS_H

#include "../tsem.h"

/*
 * Sorts both lists, and removes the events that become part of a pair: the same action of the same program except for
 * one field. All have records. ret_pairs has room for as many as the shorter list has entries. Returns the number of
 * pairs.
 */
size_t pairs_find(const struct tsem_entry **a, size_t *a_count, const struct tsem_entry **b, size_t *b_count,
		  struct tsem_pair *ret_pairs);

#endif
