/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The formulae of docs/coefficients.md. */
#include "digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/sha256.h"
#include "codec.h"

static void digest_block(struct tsem_sha256 *sha, const tsem_u8 *block)
{
	memcpy(sha->w, block, sizeof(sha->w));
	for (int i = 0; i < 16; i++)
		sha->w[i] = TSEM_SWAP32(sha->w[i]);
	tsem_sha256_block(sha);
}

void digest_bytes(const void *bytes, size_t size, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	const tsem_u8 *at = bytes;
	struct tsem_sha256 sha;
	tsem_u8 tail[128] = {0};
	size_t left = size % 64, end = left < 56 ? 64 : 128;
	tsem_u64 bits = __builtin_bswap64((tsem_u64)size * 8);

	tsem_sha256_init(&sha);
	for (size_t i = 0; i < size / 64; i++)
		digest_block(&sha, at + i * 64);
	if (left)
		memcpy(tail, at + size - left, left);
	tail[left] = 0x80;
	memcpy(tail + end - 8, &bits, 8);
	for (size_t i = 0; i < end; i += 64)
		digest_block(&sha, tail + i);
	for (int i = 0; i < 8; i++)
		sha.h[i] = TSEM_SWAP32(sha.h[i]);
	memcpy(ret_digest, sha.h, TSEM_DIGEST_SIZE);
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
