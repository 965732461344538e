/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "tally.h"

void tally_add(struct tally *tally, const struct tsem_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct tsem_record *record = set->entries[i].record;

		if (!record || record->event >= TSEM_EVENT_LIMIT) {
			tally->unknown++;
			continue;
		}
		tally->events[record->event].distinct++;
		tally->events[record->event].total += set->entries[i].count;
	}
}

struct tally_sum tally_class(const struct tally *tally, unsigned class)
{
	struct tally_sum sum = {};

	for (unsigned number = 0; number < TSEM_EVENT_LIMIT; number++) {
		if (tsem_event_class_number(number) != class)
			continue;
		sum.distinct += tally->events[number].distinct;
		sum.total += tally->events[number].total;
	}
	return sum;
}

size_t tally_classes(const struct tally *tally, unsigned ret_classes[TSEM_CLASS_COUNT])
{
	unsigned seen = 0;
	size_t count = 0;

	for (unsigned number = 0; number < TSEM_EVENT_LIMIT; number++) {
		unsigned class = tsem_event_class_number(number);

		if (class == TSEM_CLASS_COUNT || !tally->events[number].distinct || seen & 1u << class)
			continue;
		seen |= 1u << class;
		ret_classes[count++] = class;
	}
	return count;
}

size_t set_count_events(const struct tsem_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += set->entries[i].record != NULL;
	return count;
}

bool set_has_order(const struct tsem_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].number)
			return true;
	return !set->count;
}

/* Without the records. */
static int join_sets(const struct tsem_set *const *sets, size_t count, struct tsem_set *set)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; sets[i] && k < sets[i]->count; k++) {
			struct tsem_entry *entry = tsem_set_add(set, sets[i]->entries[k].coefficient, NULL);

			if (!entry)
				return -ENOMEM;
			entry->number = sets[i]->entries[k].number;
		}
	}
	return 0;
}

typedef int (*digest_fn)(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
			 tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

static int digest_sets(const struct tsem_set *const *sets, size_t count, digest_fn digest,
		       tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	struct tsem_set set = {};
	int r = join_sets(sets, count, &set);

	if (!r)
		r = digest(&set, NULL, NULL, ret_digest);
	tsem_set_deinit(&set);
	return r;
}

int sets_state(const struct tsem_set *const *sets, size_t count, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	return digest_sets(sets, count, tsem_set_state, ret_digest);
}

int sets_measurement(const struct tsem_set *const *sets, size_t count, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	return digest_sets(sets, count, tsem_set_measurement, ret_digest);
}
