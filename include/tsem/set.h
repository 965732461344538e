/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets of coefficients, in the order in which they were added. */
#ifndef TSEM_SET_H
#define TSEM_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_entry {
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	tsem_u64 number; /* order of first appearance, from 1; 0 when not known */
	tsem_u64 count; /* times seen */
	tsem_u32 run; /* learning run in which it first appeared, from 1; 0 when not known */
	tsem_u32 last; /* learning run in which it was seen for the last time; 0 exactly when run is */
	struct tsem_record *record; /* owned; NULL when only the coefficient is known */
};

/* Look-up is by hash; entries stay in the order in which they were added. All zeros is an empty set. */
struct tsem_set {
	struct tsem_entry *entries;
	size_t count;
	size_t capacity;
	tsem_u32 *slots; /* private: open addressing, index + 1 */
	size_t slot_count;
};

void tsem_set_deinit(struct tsem_set *set);
struct tsem_entry *tsem_set_find(const struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE]);
/* Adds or finds; *ret_new (may be NULL) tells which. NULL when out of memory. */
struct tsem_entry *tsem_set_add(struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE], bool *ret_new);

/*
 * Measurement: H(measurement || extend(c)) over the aggregate and then the
 * coefficients by number. State: H(state || extend(c)) over the aggregate and
 * then the coefficients sorted as big-endian numbers. extend(v) = H(base || v).
 * aggregate and base may be NULL: zeros. (docs/coefficients.md)
 */
int tsem_set_measurement(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
			 tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
int tsem_set_state(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
		   tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
