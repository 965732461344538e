/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The differences of two events: "mode 0644 there, 0666 here; user id 0 there, 33 here". */
#include <string.h>

#include "../event/digest.h"
#include "describe.h"

struct difference {
	struct describing a, b; /* there, here */
	struct tsem_buffer *buffer;
	unsigned count; /* of described differences */
};

static void put_short(struct tsem_buffer *buffer, const tsem_u8 *digest)
{
	if (digest_is_zero(digest))
		buffer_text(buffer, "none");
	else
		buffer_hex(buffer, digest, 6);
}

static void tell_texts(struct difference *diff, const char *label, const struct tsem_buffer *there,
		       const struct tsem_buffer *here)
{
	tsem_buffer_printf(diff->buffer, "%s%s%s%s there, %s here", diff->count ? "; " : "", label, *label ? " " : "",
			   there->size ? there->data : "empty", here->size ? here->data : "empty");
	diff->count++;
}

/* The word of describe_words.c that describes a field. */
static const char *field_word(const struct item *item)
{
	static const char *const words[][2] = {
		{"sig", "signal"},
		{"prot", "memory"},
		{"valid", "attributes"},
		{"flags", "access"},
		{"effective", "capabilities"},
		{"permitted", "capabilities"},
		{"capeff", "powers"},
		{"inheritable", "capabilities"},
	};

	if (!strcmp(item->field->name, "flags") && !item->depth)
		return NULL; /* those of a call, not those of an open file */
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i][0], item->field->name))
			return words[i][1];
	return NULL;
}

static void tell_item(struct describing *d, const struct item *item, const char *word)
{
	if (!item)
		buffer_text(d->buffer, "nothing");
	else if (word)
		describe_word(d, item, word, strlen(word));
	else if (item->field->type == FIELD_DIGEST && strcmp(item->field->name, "target") != 0)
		put_short(d->buffer, item->data);
	else
		describe_item(d, item);
}

/* Both sides, by the same word. False when they read the same. */
static bool tell_both(struct difference *diff, const struct item *x, const struct item *y, const char *word,
		      struct tsem_buffer *texts)
{
	texts[0].size = texts[1].size = 0;
	diff->a.buffer = &texts[0];
	diff->b.buffer = &texts[1];
	tell_item(&diff->a, x, word);
	tell_item(&diff->b, y, word);
	return texts[0].size != texts[1].size ||
	       (texts[0].size && memcmp(texts[0].data, texts[1].data, texts[0].size) != 0);
}

/* "directory mode", "content": the names of the members that lead there, without those that say nothing. */
static void format_label(const struct codec *codec, const struct item *item, struct tsem_buffer *label)
{
	static const char *const renamed[][2] = {
		{"file", ""},
		{"dentry", ""},
		{"path", ""},
		{"sock", "socket"},
		{"addr", "address"},
		{"inode", "file"},
		{"dir", "directory"},
		{"digest", "content"},
		{"sig", "signal"},
		{"prot", "access"},
		{"flags", "flags"},
		{"capeff", "capabilities"},
		{"valid", "changes"},
		{"s_magic", "file system type"},
		{"s_id", "file system name"},
		{"s_uuid", "file system uuid"},
		{"dev", "device"},
	};
	const char *name = item->field->name;

	for (const struct item *up = item; item->depth && up-- > codec->items;)
		if (up->kind == ITEM_OPEN && up->depth == item->depth - 1) {
			format_label(codec, up, label);
			break;
		}
	for (size_t i = 0; i < sizeof(renamed) / sizeof(*renamed); i++)
		if (!strcmp(renamed[i][0], item->field->name))
			name = renamed[i][1];
	tsem_buffer_printf(label, "%s%s", label->size && *name ? " " : "", name);
}

static void tell_difference(struct difference *diff, const struct item *x, const struct item *y)
{
	struct tsem_buffer texts[2] = {0}, label = {0};
	const char *word = field_word(x ? x : y);

	format_label(x ? &diff->a.codec : &diff->b.codec, x ? x : y, &label);
	if (!tell_both(diff, x, y, word, texts) && word)
		tell_both(diff, x, y, NULL, texts);
	tell_texts(diff, label.size ? label.data : "", &texts[0], &texts[1]);
	tsem_buffer_deinit(&texts[0]);
	tsem_buffer_deinit(&texts[1]);
	tsem_buffer_deinit(&label);
}

static const struct item *find_key(const struct codec *codec, tsem_u32 key, unsigned kind)
{
	for (const struct item *item = codec->items; item < codec->items + codec->count; item++)
		if (item->key == key && item->kind == kind)
			return item;
	return NULL;
}

/* The item after everything that belongs to an open one. */
static const struct item *skip_shape(const struct codec *codec, const struct item *open)
{
	const struct item *item = open + 1, *end = codec->items + codec->count;

	while (item < end && item->depth > open->depth)
		item++;
	return item < end && item->kind == ITEM_CLOSE ? item + 1 : item;
}

/* Told as one, not member by member. */
static bool is_unit(const struct item *item)
{
	return item->field->type == FIELD_ADDR;
}

/* The item that the tag of a path selected: described with the path. */
static bool part_of_name(const struct item *item)
{
	return item->kind == ITEM_VALUE && item->key % 64 >= CODEC_CHOICE;
}

static bool same_bytes(const struct codec *a, const struct item *x, const struct codec *b, const struct item *y)
{
	const struct item *xend = skip_shape(a, x), *yend = skip_shape(b, y);

	for (; x < xend && y < yend; x++, y++)
		if (x->key != y->key || x->kind != y->kind || x->size != y->size ||
		    (x->size && memcmp(x->data, y->data, x->size) != 0))
			return false;
	return x == xend && y == yend;
}

/* A path is described as a whole, but its device and type are ordinary fields. */
static void tell_path(struct difference *diff, const struct item *x, const struct item *y)
{
	struct tsem_buffer texts[2] = {0};

	if (tell_both(diff, x, y, NULL, texts))
		tell_texts(diff, "", &texts[0], &texts[1]);
	tsem_buffer_deinit(&texts[0]);
	tsem_buffer_deinit(&texts[1]);
}

/* Compares the items that begin at x; returns the position after them. */
static const struct item *compare_item(struct difference *diff, const struct item *x)
{
	const struct codec *a = &diff->a.codec, *b = &diff->b.codec;
	const struct item *y = find_key(b, x->key, x->kind);

	if (x->kind == ITEM_CLOSE || part_of_name(x))
		return x + 1;
	if (!y) {
		tell_difference(diff, x, NULL);
		return x->kind == ITEM_OPEN ? skip_shape(a, x) : x + 1;
	}
	if (is_unit(x)) {
		if (!same_bytes(a, x, b, y))
			tell_difference(diff, x, y);
		return skip_shape(a, x);
	}
	if (x->field->type == FIELD_PATH)
		tell_path(diff, x, y);
	else if (x->kind == ITEM_VALUE && !same_bytes(a, x, b, y))
		tell_difference(diff, x, y);
	return x + 1;
}

static void compare_cells(struct difference *diff)
{
	const struct codec *a = &diff->a.codec, *b = &diff->b.codec;

	for (const struct item *x = a->items; x < a->items + a->count;)
		x = compare_item(diff, x);
	for (const struct item *y = b->items; y < b->items + b->count;) {
		if (y->kind == ITEM_CLOSE || part_of_name(y) || is_unit(y) || find_key(a, y->key, y->kind)) {
			y = is_unit(y) ? skip_shape(b, y) : y + 1;
			continue;
		}
		tell_difference(diff, NULL, y);
		y = y->kind == ITEM_OPEN ? skip_shape(b, y) : y + 1;
	}
}

static void compare_program(struct difference *diff, const char *label, const tsem_u8 *x, const tsem_u8 *y)
{
	struct tsem_buffer texts[2] = {0};

	if (!memcmp(x, y, TSEM_DIGEST_SIZE))
		return;
	put_short(&texts[0], x);
	put_short(&texts[1], y);
	tell_texts(diff, label, &texts[0], &texts[1]);
	tsem_buffer_deinit(&texts[0]);
	tsem_buffer_deinit(&texts[1]);
}

/* The context of execution, taken apart by its schema. */
static void compare_coe(struct difference *diff)
{
	struct difference coe = *diff;

	codec_decode(&coe.a.codec, &schema_coe, &diff->a.record->coe, sizeof(struct tsem_coe));
	codec_decode(&coe.b.codec, &schema_coe, &diff->b.record->coe, sizeof(struct tsem_coe));
	compare_cells(&coe);
	diff->count = coe.count;
}

unsigned tsem_record_difference(const struct tsem_record *a, const struct tsem_record *b, struct tsem_buffer *buffer)
{
	struct difference diff = {.a = {.record = a}, .b = {.record = b}, .buffer = buffer};
	struct tsem_buffer texts[2] = {0};

	if (a->event != b->event) {
		tsem_record_describe(a, &texts[0]);
		tsem_record_describe(b, &texts[1]);
		tell_texts(&diff, "", &texts[0], &texts[1]);
		tsem_buffer_deinit(&texts[0]);
		tsem_buffer_deinit(&texts[1]);
	} else {
		codec_decode_record(&diff.a.codec, a);
		codec_decode_record(&diff.b.codec, b);
		compare_cells(&diff);
	}
	if (a->event != b->event || a->event != TSEM_EVENT_bprm_committed_creds)
		compare_program(&diff, "program", a->task_id, b->task_id);
	compare_program(&diff, "parent program", a->ptask_id, b->ptask_id);
	compare_coe(&diff);
	return diff.count;
}
