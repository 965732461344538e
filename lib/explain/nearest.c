/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Another object weighs more than all else that can differ between two events. So those of one event are kept in the order
 * of their objects' names, and of these in the order of their programs: what is near lies around the place where the
 * event itself would be.
 */
#include "nearest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../event/codec.h"
#include "describe.h"

struct place {
	const struct tsem_record *record;
	const tsem_u8 *name; /* of the first object, in the record; NULL and 0: it has none */
	size_t size;
};

struct nearest {
	size_t count;
	struct place places[];
};

static bool is_name(const struct item *item)
{
	static const char *const names[] = {"pathname", "directory", "address"};

	for (size_t i = 0; item->kind == ITEM_VALUE && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(item->field->name, names[i]))
			return true;
	return false;
}

static struct place place_of(const struct tsem_record *record)
{
	struct place place = {.record = record};
	struct codec codec;

	codec_decode_record(&codec, record);
	for (const struct item *item = codec.items; item < codec.items + codec.count; item++) {
		if (!is_name(item))
			continue;
		place.name = item->data;
		place.size = item->size;
		break;
	}
	return place;
}

static int compare_names(const struct place *a, const struct place *b)
{
	size_t least = a->size < b->size ? a->size : b->size;
	int r = least ? memcmp(a->name, b->name, least) : 0;

	return r ? r : (a->size > b->size) - (a->size < b->size);
}

static int compare(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	int r = (a->record->event > b->record->event) - (a->record->event < b->record->event);

	if (!r)
		r = compare_names(a, b);
	return r ? r : memcmp(a->record->task_id, b->record->task_id, TSEM_DIGEST_SIZE);
}

struct nearest *nearest_create(const struct tsem_set *set)
{
	struct nearest *nearest = calloc(1, sizeof(*nearest) + set->count * sizeof(*nearest->places));

	if (!nearest)
		return NULL;
	for (size_t i = 0; i < set->count; i++)
		if (set->entries[i].record)
			nearest->places[nearest->count++] = place_of(set->entries[i].record);
	qsort(nearest->places, nearest->count, sizeof(*nearest->places), compare);
	return nearest;
}

void nearest_destroy(struct nearest *nearest)
{
	free(nearest);
}

/* The first that is not before it. */
static size_t find_place(const struct nearest *nearest, const struct place *place)
{
	size_t from = 0, to = nearest->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare(&nearest->places[middle], place) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct search {
	const struct nearest *nearest;
	struct place place;
	size_t before, behind; /* all entries between these have been looked at */
	const struct tsem_record *best;
	unsigned least;
};

static const struct place *at(const struct search *s, size_t index)
{
	const struct place *place = index < s->nearest->count ? &s->nearest->places[index] : NULL;

	return place && place->record->event == s->place.record->event ? place : NULL;
}

static size_t common(const struct search *s, const struct place *place)
{
	size_t n = 0;

	while (n < place->size && n < s->place.size && place->name[n] == s->place.name[n])
		n++;
	return n;
}

static const struct place *next(struct search *s)
{
	const struct place *before = s->before ? at(s, s->before - 1) : NULL, *behind = at(s, s->behind);

	if (!behind || (before && common(s, before) > common(s, behind))) {
		s->before -= !!before;
		return before;
	}
	s->behind++;
	return behind;
}

static void look_at(struct search *s, const struct tsem_record *other)
{
	unsigned distance = 2 * tsem_record_distance(other, s->place.record);

	distance += memcmp(other->task_id, s->place.record->task_id, TSEM_DIGEST_SIZE) != 0;
	if (distance < s->least) {
		s->least = distance;
		s->best = other;
	}
}

const struct tsem_record *nearest_find(const struct nearest *nearest, const struct tsem_record *record)
{
	struct search s = {.nearest = nearest, .place = place_of(record), .least = UINT_MAX};
	const struct place *place;
	bool same_object = false;

	s.before = s.behind = find_place(nearest, &s.place);
	for (int looks = 0; looks < NEAREST_LOOKS && (place = next(&s)); looks++) {
		bool same = !compare_names(place, &s.place);

		if (same_object && !same)
			break; /* none of the rest is as near */
		same_object |= same;
		look_at(&s, place->record);
	}
	return s.best;
}
