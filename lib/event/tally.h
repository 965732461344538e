/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts the events of sets by kind, and makes the digests over several sets. */
#ifndef TSEM_LIB_TALLY_H
#define TSEM_LIB_TALLY_H

#include "../tsem.h"

struct tally_sum {
	tsem_u64 distinct, total;
};

/* All zeros: of no set. */
struct tally {
	struct tally_sum events[TSEM_EVENT_LIMIT]; /* by event number */
	tsem_u64 unknown; /* coefficients whose event is not recorded */
};

void tally_add(struct tally *tally, const struct tsem_set *set);
struct tally_sum tally_class(const struct tally *tally, unsigned class);
/* The classes that have an event, in the order of their first event number. Returns how many. */
size_t tally_classes(const struct tally *tally, unsigned ret_classes[TSEM_CLASS_COUNT]);

/* How many entries have their event. */
size_t set_count_events(const struct tsem_set *set);
/* Whether the order of the events is known: a model may have only coefficients. */
bool set_has_order(const struct tsem_set *set);

/*
 * As tsem_set_state() and tsem_set_measurement(), over what is in any of the sets, each coefficient once. A set may be
 * NULL. Negative errno.
 */
int sets_state(const struct tsem_set *const *sets, size_t count, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
int sets_measurement(const struct tsem_set *const *sets, size_t count, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

#endif
