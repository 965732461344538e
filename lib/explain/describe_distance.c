/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How far two events are apart. */
#include <string.h>

#include "describe.h"

/*
 * Weights. Two events of one kind stay below WEIGHT_KIND; another object weighs
 * more than all that can differ beside it.
 */
#define WEIGHT_KIND 1000000
#define WEIGHT_OBJECT 10000 /* another path or address; the same again for one that has nothing in common */
#define WEIGHT_PROGRAM 2000
#define WEIGHT_PARENT 400
#define WEIGHT_COE 100
#define WEIGHT_FIELD 300 /* a direct member of the CELL */
#define WEIGHT_PART 100 /* a member of a member */

static const struct {
	const char *name;
	unsigned weight;
} weights[] = {
	{"digest", 800},  {"target", 1500}, {"task", 1500},	 {"source", 1500},   {"sig", 800},	 {"cmd", 1000},
	{"option", 1000}, {"family", 800},  {"kmod_name", 5000}, {"old_name", 2000}, {"dev_name", 2000}, {"major", 10},
	{"minor", 10},	  {"s_id", 10},	    {"s_uuid", 10},	 {"port", 3000},     {"instance", 300},
};

static unsigned field_weight(const struct item *item)
{
	for (size_t i = 0; i < sizeof(weights) / sizeof(*weights); i++)
		if (!strcmp(weights[i].name, item->field->name))
			return weights[i].weight;
	return item->depth ? WEIGHT_PART : WEIGHT_FIELD;
}

/* place: where it is when both events have the same optional fields */
static const struct item *find_key(const struct codec *codec, size_t place, tsem_u32 key, unsigned kind)
{
	if (place < codec->count && codec->items[place].key == key && codec->items[place].kind == kind)
		return &codec->items[place];
	for (const struct item *item = codec->items; item < codec->items + codec->count; item++)
		if (item->key == key && item->kind == kind)
			return item;
	return NULL;
}

static bool same_value(const struct item *a, const struct item *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

static const struct item *path_name(const struct codec *codec, const struct item *path)
{
	const struct item *name = describe_member(codec, path, "pathname");

	return name ? name : describe_member(codec, path, "directory");
}

/* Of the components of two different names, the part that is not common at the beginning. */
static unsigned name_distance(const struct item *a, const struct item *b)
{
	size_t least = a->size < b->size ? a->size : b->size, common = 0, all = 1, shared = 0;

	while (common < least && a->data[common] == b->data[common])
		common++;
	for (size_t i = 1; i < a->size || i < b->size; i++) {
		bool slash = (i < a->size && a->data[i] == '/') || (i < b->size && b->data[i] == '/');

		all += slash;
		shared += slash && i < common;
	}
	return WEIGHT_OBJECT + WEIGHT_OBJECT * (all - shared) / all;
}

static bool is_unit(const struct item *item)
{
	return item->kind == ITEM_OPEN && (item->field->type == FIELD_PATH || item->field->type == FIELD_ADDR);
}

static unsigned path_distance(const struct codec *a, const struct item *x, const struct codec *b, const struct item *y)
{
	const struct item *from = path_name(a, x), *to = path_name(b, y);

	if (!from || !to)
		return from == to ? 0 : WEIGHT_OBJECT;
	if (from->key != to->key || !same_value(from, to))
		return name_distance(from, to);
	return 0;
}

static unsigned item_distance(const struct codec *a, const struct item *x, const struct codec *b)
{
	const struct item *y = find_key(b, x - a->items, x->key, x->kind);

	if (x->kind == ITEM_CLOSE)
		return 0;
	if (!y)
		return is_unit(x) || (x->depth && is_unit(x - 1)) ? WEIGHT_OBJECT : field_weight(x);
	if (x->kind == ITEM_OPEN)
		return x->field->type == FIELD_PATH ? path_distance(a, x, b, y) : 0;
	if (same_value(x, y) || !strcmp(x->field->name, "pathname") || !strcmp(x->field->name, "directory"))
		return 0;
	return !strcmp(x->field->name, "address") ? WEIGHT_OBJECT : field_weight(x);
}

static unsigned cell_distance(const struct codec *a, const struct codec *b)
{
	unsigned distance = 0;

	for (const struct item *x = a->items; x < a->items + a->count; x++)
		distance += item_distance(a, x, b);
	for (const struct item *y = b->items; y < b->items + b->count; y++)
		if (y->kind != ITEM_CLOSE && !find_key(a, y - b->items, y->key, y->kind))
			distance += field_weight(y);
	return distance < WEIGHT_KIND / 2 ? distance : WEIGHT_KIND / 2;
}

static unsigned kind_distance(const struct codec *a, const struct codec *b)
{
	const struct item *x = a->items, *y = b->items;

	while (x < a->items + a->count && x->field->type != FIELD_PATH)
		x++;
	while (y < b->items + b->count && y->field->type != FIELD_PATH)
		y++;
	if (x == a->items + a->count || y == b->items + b->count)
		return WEIGHT_KIND + 3 * WEIGHT_OBJECT;
	return WEIGHT_KIND + path_distance(a, x, b, y);
}

static unsigned coe_distance(const struct tsem_coe *a, const struct tsem_coe *b)
{
	const tsem_u32 *x = &a->uid, *y = &b->uid;
	unsigned distance = a->capeff == b->capeff ? 0 : WEIGHT_COE;

	for (int i = 0; i < 8; i++)
		distance += x[i] == y[i] ? 0 : WEIGHT_COE;
	return distance;
}

/* The new identity of a task after an exec follows from the rest of the event. */
static bool program_differs(const struct tsem_record *a, const struct tsem_record *b)
{
	return (a->event != TSEM_EVENT_bprm_committed_creds || b->event != TSEM_EVENT_bprm_committed_creds) &&
	       memcmp(a->task_id, b->task_id, TSEM_DIGEST_SIZE) != 0;
}

unsigned tsem_record_distance(const struct tsem_record *a, const struct tsem_record *b)
{
	struct codec x, y;
	unsigned distance = coe_distance(&a->coe, &b->coe);

	if (program_differs(a, b))
		distance += WEIGHT_PROGRAM;
	if (memcmp(a->ptask_id, b->ptask_id, TSEM_DIGEST_SIZE) != 0)
		distance += WEIGHT_PARENT;
	if (a->event == b->event && a->cell_size == b->cell_size &&
	    !memcmp(record_cell(a), record_cell(b), a->cell_size))
		return distance;
	codec_decode_record(&x, a);
	codec_decode_record(&y, b);
	if (a->event != b->event)
		return distance + kind_distance(&x, &y);
	distance += cell_distance(&x, &y);
	return distance ? distance : 1; /* truncated CELLs that differ after the cut */
}
