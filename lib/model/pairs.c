/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

#include "../explain/objects.h"

/* Bytes of events that were compared, a name of which may have thousands; the rest stays without a partner. */
#define COMPARED_MAX (512ull << 20)

struct pairing {
	struct tsem_pair *pairs;
	size_t count;
	const struct tsem_entry **a, **b;
	size_t a_count, b_count;
	tsem_u64 compared;
	struct tsem_buffer text, objects[2];
};

/* The acting program: of an exec event, the program that executes the other. */
static const tsem_u8 *actor(const struct tsem_record *record)
{
	return record->event == TSEM_EVENT_bprm_committed_creds ? record->ptask_id : record->task_id;
}

static int compare_groups(const struct tsem_record *a, const struct tsem_record *b)
{
	if (a->event != b->event)
		return a->event < b->event ? -1 : 1;
	return memcmp(actor(a), actor(b), TSEM_DIGEST_SIZE);
}

static int compare_entries(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;
	int order = compare_groups((*x)->record, (*y)->record);

	return order ? order : memcmp((*x)->coefficient, (*y)->coefficient, TSEM_DIGEST_SIZE);
}

/* Length of the path up to its last slash; the whole length if it is not a path. */
static size_t directory_size(const struct tsem_buffer *object)
{
	const char *slash = object->size ? strrchr(object->data, '/') : NULL;

	return slash ? (size_t)(slash - object->data) : object->size;
}

static bool similar(struct pairing *pairing, struct describing *a, const struct item *x, struct describing *b,
		    const struct item *y)
{
	size_t size;

	a->buffer = &pairing->objects[0];
	b->buffer = &pairing->objects[1];
	a->buffer->size = b->buffer->size = 0;
	object_describe(a, x);
	object_describe(b, y);
	size = directory_size(a->buffer);
	return size == directory_size(b->buffer) && (size == 0 || memcmp(a->buffer->data, b->buffer->data, size) == 0);
}

/* A file of another directory is another file, not the same one changed: each object of the event. */
static bool similar_objects(struct pairing *pairing, const struct tsem_record *a, const struct tsem_record *b)
{
	struct describing here = {.record = a}, there = {.record = b};
	const struct item *x = NULL, *y = NULL;

	codec_decode_record(&here.codec, a);
	codec_decode_record(&there.codec, b);
	do {
		x = object_next(&here.codec, x);
		y = object_next(&there.codec, y);
	} while (x && y && similar(pairing, &here, x, &there, y));
	return !x && !y;
}

static bool is_pair(struct pairing *pairing, const struct tsem_record *a, const struct tsem_record *b)
{
	pairing->text.size = 0;
	pairing->compared += a->size + b->size;
	return tsem_record_difference(a, b, &pairing->text) == 1 && similar_objects(pairing, a, b);
}

static bool same_object(struct pairing *pairing, const struct tsem_record *a, const struct tsem_record *b)
{
	struct tsem_buffer *x = &pairing->objects[0], *y = &pairing->objects[1];

	x->size = y->size = 0;
	record_objects(a, x);
	record_objects(b, y);
	return x->size == y->size && (x->size == 0 || memcmp(x->data, y->data, x->size) == 0);
}

/* In the group [first, end) of b; one about the same object is the better one. NULL: none. */
static const struct tsem_entry **find_partner(struct pairing *pairing, const struct tsem_entry *entry, size_t first,
					      size_t end)
{
	const struct tsem_entry **found = NULL;

	for (; first < end && pairing->compared < COMPARED_MAX; first++) {
		const struct tsem_entry **other = &pairing->b[first];

		if (!*other || !is_pair(pairing, entry->record, (*other)->record))
			continue;
		if (same_object(pairing, entry->record, (*other)->record))
			return other;
		found = found ? found : other;
	}
	return found;
}

static void pair_group(struct pairing *pairing, size_t *i, size_t *k)
{
	const struct tsem_record *group = pairing->a[*i]->record;
	size_t first = *k, end = first;

	while (end < pairing->b_count && compare_groups(group, pairing->b[end]->record) == 0)
		end++;
	for (; *i < pairing->a_count && compare_groups(group, pairing->a[*i]->record) == 0; (*i)++) {
		const struct tsem_entry **partner = find_partner(pairing, pairing->a[*i], first, end);

		if (!partner)
			continue;
		pairing->pairs[pairing->count++] = (struct tsem_pair){pairing->a[*i], *partner};
		pairing->a[*i] = *partner = NULL;
	}
	*k = end;
}

static void pair_all(struct pairing *pairing)
{
	size_t i = 0, k = 0;
	int order;

	while (i < pairing->a_count && k < pairing->b_count) {
		order = compare_groups(pairing->a[i]->record, pairing->b[k]->record);
		if (order < 0)
			i++;
		else if (order > 0)
			k++;
		else
			pair_group(pairing, &i, &k);
	}
}

/* Closes the gaps that pairs have left. */
static size_t compact(const struct tsem_entry **list, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i])
			list[left++] = list[i];
	return left;
}

size_t pairs_find(const struct tsem_entry **a, size_t *a_count, const struct tsem_entry **b, size_t *b_count,
		  struct tsem_pair *ret_pairs)
{
	struct pairing pairing = {.pairs = ret_pairs, .a = a, .b = b, .a_count = *a_count, .b_count = *b_count};

	qsort(a, *a_count, sizeof(*a), compare_entries);
	qsort(b, *b_count, sizeof(*b), compare_entries);
	pair_all(&pairing);
	tsem_buffer_deinit(&pairing.text);
	tsem_buffer_deinit(&pairing.objects[0]);
	tsem_buffer_deinit(&pairing.objects[1]);
	*a_count = compact(a, *a_count);
	*b_count = compact(b, *b_count);
	return pairing.count;
}
