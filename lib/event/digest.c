/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The formulae of docs/coefficients.md. */
#include "../base/hex.h"
#include "digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/hash.h"
#include "codec.h"

void digest_bytes(const void *bytes, size_t size, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	hash_sha256_digest(NULL, bytes, size, ret_digest);
}

void digest_format(const tsem_u8 digest[TSEM_DIGEST_SIZE], char ret_hex[2 * TSEM_DIGEST_SIZE + 1])
{
	hex_format(digest, TSEM_DIGEST_SIZE, ret_hex);
}

bool digest_parse(const char *text, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	if (!hex_parse(text, sizeof(digest), digest))
		return false;
	memcpy(ret_digest, digest, sizeof(digest));
	return true;
}

static void fold_record(const struct tsem_record *record, const tsem_u8 *task_id, tsem_u8 *ret_digest)
{
	tsem_u8 fold[5][TSEM_DIGEST_SIZE];
	const char *name = tsem_event_name(record->event);

	digest_bytes(name ? name : "", name ? strlen(name) : 0, fold[0]);
	memcpy(fold[1], record->ptask_id, TSEM_DIGEST_SIZE);
	memcpy(fold[2], task_id, TSEM_DIGEST_SIZE);
	digest_bytes(&record->coe, sizeof(record->coe), fold[3]);
	digest_bytes(record_cell(record), record->cell_size, fold[4]);
	digest_bytes(fold, sizeof(fold), ret_digest);
}

void tsem_record_coefficient(const struct tsem_record *record, tsem_u8 ret_coefficient[TSEM_DIGEST_SIZE])
{
	fold_record(record, record->task_id, ret_coefficient);
}

void record_task_id(const struct tsem_record *record, tsem_u8 ret_id[TSEM_DIGEST_SIZE])
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];

	fold_record(record, zero, ret_id);
}

/* value = H(value || H(base || coefficient)) */
static void extend_digest(tsem_u8 *value, const tsem_u8 *base, const tsem_u8 *coefficient)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];
	tsem_u8 pair[2][TSEM_DIGEST_SIZE];

	memcpy(pair[0], base ? base : zero, TSEM_DIGEST_SIZE);
	memcpy(pair[1], coefficient ? coefficient : zero, TSEM_DIGEST_SIZE);
	digest_bytes(pair, sizeof(pair), pair[1]);
	memcpy(pair[0], value, TSEM_DIGEST_SIZE);
	digest_bytes(pair, sizeof(pair), value);
}

static int compare_coefficients(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	return memcmp((*x)->coefficient, (*y)->coefficient, TSEM_DIGEST_SIZE);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

struct digest_order {
	const tsem_u8 *aggregate, *base;
	bool numbered; /* only entries that have a number */
	int (*compare)(const void *a, const void *b);
};

static int fold_set(const struct tsem_set *set, const struct digest_order *order, tsem_u8 *ret_digest)
{
	const struct tsem_entry **sorted = calloc(set->count + 1, sizeof(*sorted));
	tsem_u8 value[TSEM_DIGEST_SIZE] = {0};
	size_t count = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++)
		if (!order->numbered || set->entries[i].number)
			sorted[count++] = &set->entries[i];
	qsort(sorted, count, sizeof(*sorted), order->compare);
	extend_digest(value, order->base, order->aggregate);
	for (size_t i = 0; i < count; i++)
		extend_digest(value, order->base, sorted[i]->coefficient);
	free(sorted);
	memcpy(ret_digest, value, TSEM_DIGEST_SIZE);
	return 0;
}

int tsem_set_measurement(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
			 tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	struct digest_order order = {aggregate, base, true, compare_numbers};

	return fold_set(set, &order, ret_digest);
}

int tsem_set_state(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
		   tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	struct digest_order order = {aggregate, base, false, compare_coefficients};

	return fold_set(set, &order, ret_digest);
}
