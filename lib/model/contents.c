/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The contents that the events of a model name: where the schema has a FILE. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../explain/describe.h"
#include "../event/digest.h"
#include "rebase.h"

struct name {
	const void *data;
	size_t size;
};

/* Under which a content is found: no two have the same. */
static void content_key(struct name type, struct name path, const tsem_u8 *digest, tsem_u8 *ret_key)
{
	tsem_u8 parts[3][TSEM_DIGEST_SIZE];

	digest_bytes(type.data, type.size, parts[0]);
	digest_bytes(path.data, path.size, parts[1]);
	memcpy(parts[2], digest, TSEM_DIGEST_SIZE);
	digest_bytes(parts, sizeof(parts), ret_key);
}

static struct tsem_content *find_key(const struct tsem_contents *contents, const tsem_u8 *key)
{
	const struct tsem_entry *entry = tsem_set_find(&contents->index, key);

	return entry ? &contents->items[entry->number] : NULL;
}

struct tsem_content *tsem_contents_find(const struct tsem_contents *contents, const struct tsem_content *content)
{
	tsem_u8 key[TSEM_DIGEST_SIZE];

	content_key((struct name){content->type, strlen(content->type)},
		    (struct name){content->path, strlen(content->path)}, content->digest, key);
	return find_key(contents, key);
}

/* A file that was created in the namespace has neither a name nor a digest. */
static bool content_place(const struct codec *codec, const struct item *file, const struct item **ret_type,
			  const struct item **ret_path, const struct item **ret_digest)
{
	const struct item *path = describe_member(codec, file, "path");

	*ret_digest = describe_member(codec, file, "digest");
	*ret_type = path ? describe_member(codec, path, "type") : NULL;
	*ret_path = path ? describe_member(codec, path, "pathname") : NULL;
	return *ret_type && *ret_path && *ret_digest && !digest_is_zero((*ret_digest)->data);
}

struct tsem_content *contents_find(const struct tsem_contents *contents, const struct codec *codec,
				   const struct item *file)
{
	const struct item *type, *path, *digest;
	tsem_u8 key[TSEM_DIGEST_SIZE];

	if (!content_place(codec, file, &type, &path, &digest))
		return NULL;
	content_key((struct name){type->data, type->size}, (struct name){path->data, path->size}, digest->data, key);
	return find_key(contents, key);
}

static int append_content(struct tsem_contents *contents, const struct item *type, const struct item *path,
			  const tsem_u8 *digest)
{
	size_t capacity = contents->capacity ? 2 * contents->capacity : 16;
	struct tsem_content *items = contents->items, *content;

	if (contents->count == contents->capacity) {
		items = reallocarray(items, capacity, sizeof(*items));
		if (!items)
			return -ENOMEM;
		contents->items = items;
		contents->capacity = capacity;
	}
	content = &items[contents->count];
	memset(content, 0, sizeof(*content));
	content->path = strndup((const char *)path->data, path->size);
	if (!content->path)
		return -ENOMEM;
	memcpy(content->type, type->data, type->size < sizeof(content->type) ? type->size : sizeof(content->type) - 1);
	memcpy(content->digest, digest, TSEM_DIGEST_SIZE);
	memcpy(content->replacement, digest, TSEM_DIGEST_SIZE);
	contents->count++;
	return 0;
}

static int add_content(struct tsem_contents *contents, const struct codec *codec, const struct item *file)
{
	const struct item *type, *path, *digest;
	tsem_u8 key[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;
	bool new;

	if (!content_place(codec, file, &type, &path, &digest))
		return 0;
	content_key((struct name){type->data, type->size}, (struct name){path->data, path->size}, digest->data, key);
	entry = tsem_set_add(&contents->index, key, &new);
	if (!entry)
		return -ENOMEM;
	if (!new)
		return 0;
	entry->number = contents->count;
	return append_content(contents, type, path, digest->data);
}

static int add_contents(struct tsem_contents *contents, const struct tsem_record *record)
{
	struct codec codec;
	int result = 0;

	codec_decode_record(&codec, record);
	for (unsigned i = 0; i < codec.count && !result; i++)
		if (codec.items[i].kind == ITEM_OPEN && codec.items[i].field->type == FIELD_FILE)
			result = add_content(contents, &codec, &codec.items[i]);
	return result;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

int tsem_model_contents(const struct tsem_model *model, struct tsem_contents *ret_contents, struct tsem_error *error)
{
	const struct tsem_entry **entries = calloc(model->set.count + 1, sizeof(*entries));
	struct tsem_contents contents = {0};
	int result = entries ? 0 : -ENOMEM;

	for (size_t i = 0; !result && i < model->set.count; i++)
		entries[i] = &model->set.entries[i];
	if (!result)
		qsort(entries, model->set.count, sizeof(*entries), compare_numbers);
	for (size_t i = 0; !result && i < model->set.count; i++)
		if (entries[i]->record)
			result = add_contents(&contents, entries[i]->record);
	free(entries);
	if (result) {
		tsem_contents_deinit(&contents);
		return tsem_error_set(error, -result, "model %s: out of memory", model->name);
	}
	*ret_contents = contents;
	return 0;
}

void tsem_contents_deinit(struct tsem_contents *contents)
{
	for (size_t i = 0; i < contents->count; i++)
		free(contents->items[i].path);
	free(contents->items);
	tsem_set_deinit(&contents->index);
	memset(contents, 0, sizeof(*contents));
}
