/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keyed.h"

#define SET_LIMIT (1u << 30) /* slots hold an index + 1 in 32 bits */

static struct keyed key;
static bool key_made;

static void make_key(void)
{
	key_made = keyed_make(&key);
}

/* Keyed, because an outsider can choose the coefficients in a model file and in an export. */
static bool have_key(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_key);
	return key_made;
}

void tsem_set_deinit(struct tsem_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->entries[i].record);
	free(set->entries);
	free(set->slots);
	memset(set, 0, sizeof(*set));
}

/* The slot that holds the coefficient, or the empty one where it belongs. */
static tsem_u32 *find_slot(const struct tsem_set *set, const tsem_u8 *coefficient)
{
	size_t mask = set->slot_count - 1, at = keyed_hash(&key, 0, coefficient, TSEM_DIGEST_SIZE) & mask;

	while (set->slots[at] &&
	       memcmp(set->entries[set->slots[at] - 1].coefficient, coefficient, TSEM_DIGEST_SIZE) != 0)
		at = (at + 1) & mask;
	return &set->slots[at];
}

struct tsem_entry *tsem_set_find(const struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE])
{
	tsem_u32 *slot = set->slot_count ? find_slot(set, coefficient) : NULL;

	return slot && *slot ? &set->entries[*slot - 1] : NULL;
}

static bool grow_slots(struct tsem_set *set)
{
	size_t count = set->slot_count ? set->slot_count * 2 : 64;
	tsem_u32 *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return false;
	free(set->slots);
	set->slots = slots;
	set->slot_count = count;
	for (size_t i = 0; i < set->count; i++)
		*find_slot(set, set->entries[i].coefficient) = i + 1;
	return true;
}

static bool grow_entries(struct tsem_set *set)
{
	size_t capacity = set->capacity ? set->capacity * 2 : 32;
	struct tsem_entry *entries;

	if (set->count == SET_LIMIT)
		return false;
	entries = reallocarray(set->entries, capacity, sizeof(*entries));
	if (!entries)
		return false;
	set->entries = entries;
	set->capacity = capacity;
	return true;
}

struct tsem_entry *tsem_set_add(struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE], bool *ret_new)
{
	struct tsem_entry *entry = tsem_set_find(set, coefficient);
	bool new = !entry;

	if (new) {
		if (!have_key() || (set->count == set->capacity && !grow_entries(set)) ||
		    (2 * (set->count + 1) > set->slot_count && !grow_slots(set)))
			return NULL;
		entry = &set->entries[set->count];
		memset(entry, 0, sizeof(*entry));
		memcpy(entry->coefficient, coefficient, TSEM_DIGEST_SIZE);
		*find_slot(set, coefficient) = ++set->count;
	}
	if (ret_new)
		*ret_new = new;
	return entry;
}
