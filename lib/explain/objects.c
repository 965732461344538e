/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "objects.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "secret.h"

static bool is_one_of(const struct item *item, const char *const *names, size_t count)
{
	if (item->kind != ITEM_VALUE || item->field->type != FIELD_STR || item->depth)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(item->field->name, names[i]))
			return true;
	return false;
}

/* Texts that name a file, as somebody wrote them. */
static bool is_written(const struct item *item)
{
	static const char *const names[] = {"old_name", "dev_name"};

	return is_one_of(item, names, sizeof(names) / sizeof(*names));
}

static bool is_options(const struct item *item)
{
	static const char *const names[] = {"data", "value"};

	return is_one_of(item, names, sizeof(names) / sizeof(*names));
}

static bool is_object(const struct item *item)
{
	return is_written(item) ||
	       (item->kind == ITEM_OPEN && (item->field->type == FIELD_PATH || item->field->type == FIELD_ADDR));
}

const struct item *object_next(const struct codec *codec, const struct item *before)
{
	const struct item *end = codec->items + codec->count;

	for (const struct item *item = before ? before + 1 : codec->items; item < end; item++)
		if (is_object(item))
			return item;
	return NULL;
}

const char *object_field(const struct codec *codec, const struct item *object)
{
	while (object->depth && object > codec->items)
		object--;
	return object->field->name;
}

/* "/a/b" and "../c": "/a/c". Nothing is looked up: the link's directory has its real name already. */
static void add_relative(struct tsem_buffer *path, const char *name)
{
	while (*name) {
		size_t size = strcspn(name, "/");
		const char *slash = path->size ? strrchr(path->data, '/') : NULL;

		if (size == 2 && !memcmp(name, "..", 2)) {
			path->size = slash ? slash - path->data : 0;
			if (path->data)
				path->data[path->size] = 0;
		} else if (size && !(size == 1 && *name == '.')) {
			tsem_buffer_printf(path, "/");
			tsem_buffer_add(path, name, size);
		}
		name += size + (name[size] == '/');
	}
}

static void describe_target(struct describing *d, const struct item *target)
{
	struct tsem_buffer path = {}, name = {}, *out = d->buffer;
	const struct item *link = codec_find(&d->codec, "dentry.path");
	char *slash;

	buffer_escape(&name, target->data, target->size);
	d->buffer = &path;
	if (link && name.size && *name.data != '/')
		describe_path_short(d, link);
	d->buffer = out;
	slash = path.size ? strrchr(path.data, '/') : NULL;
	path.size = slash ? slash - path.data : 0;
	if (path.data)
		path.data[path.size] = 0;
	if (name.size)
		add_relative(&path, name.data);
	buffer_text(out, path.size ? path.data : "/");
	out->failed |= path.failed || name.failed;
	tsem_buffer_deinit(&path);
	tsem_buffer_deinit(&name);
}

void object_describe(struct describing *d, const struct item *object)
{
	if (object->field->type == FIELD_PATH)
		describe_path_short(d, object);
	else if (object->field->type == FIELD_STR && !strcmp(object->field->name, "old_name"))
		describe_target(d, object);
	else
		describe_item(d, object);
}

/* The item that encloses the path also has the inode, if there is one. */
static bool is_block_device(const struct codec *codec, const struct item *object)
{
	const struct item *around = object, *inode, *mode;

	if (!object->depth)
		return false;
	while (around > codec->items && around->depth >= object->depth)
		around--;
	inode = describe_member(codec, around, "inode");
	mode = inode ? describe_member(codec, inode, "mode") : NULL;
	return mode && S_ISBLK(item_number(mode));
}

bool object_secret(const struct codec *codec, const struct item *object, const char *text)
{
	const struct item *type;

	if (object->field->type != FIELD_PATH)
		return secret_elsewhere(text);
	if (is_block_device(codec, object))
		return true;
	type = describe_member(codec, object, "type");
	return type && type->size == strlen("root") && !memcmp(type->data, "root", type->size) ? secret_path(text) :
												 secret_elsewhere(text);
}

bool option_secret(const struct codec *codec, size_t *position, struct tsem_buffer *ret_name)
{
	size_t seen = 0;

	for (const struct item *item = codec->items; item < codec->items + codec->count; item++) {
		for (size_t at = 0, size; is_options(item) && at < item->size; at += size + 1) {
			for (size = 0; at + size < item->size && !strchr(",=:", item->data[at + size]);)
				size++;
			if (seen++ < *position)
				continue;
			++*position;
			ret_name->size = 0;
			buffer_escape(ret_name, item->data + at, size);
			if (ret_name->size && strchr(ret_name->data, '/') && secret_elsewhere(ret_name->data))
				return true;
		}
	}
	return false;
}

bool record_secret(const struct tsem_record *record)
{
	struct tsem_buffer text = {};
	struct describing d = {.record = record, .buffer = &text};
	const struct item *object = NULL;
	size_t position = 0;
	bool is = false;

	codec_decode_record(&d.codec, record);
	while (!is && (object = object_next(&d.codec, object))) {
		text.size = 0;
		object_describe(&d, object);
		is = text.failed || (text.size && object_secret(&d.codec, object, text.data));
	}
	is = is || option_secret(&d.codec, &position, &text);
	tsem_buffer_deinit(&text);
	return is;
}

/* How many names of the event there are, and how many of them match. */
static size_t count_matches(const struct tsem_record *record, const char *pattern, size_t *ret_names)
{
	struct tsem_buffer text = {};
	struct describing d = {.record = record, .buffer = &text};
	const struct item *object = NULL;
	size_t names = 0, matches = 0;

	codec_decode_record(&d.codec, record);
	while ((object = object_next(&d.codec, object))) {
		text.size = 0;
		object_describe(&d, object);
		names++;
		matches += !text.failed && text.size && !fnmatch(pattern, text.data, 0);
	}
	if (!names) {
		tsem_record_object(record, &text);
		names++;
		matches += !text.failed && text.size && !fnmatch(pattern, text.data, 0);
	}
	tsem_buffer_deinit(&text);
	*ret_names = names;
	return matches;
}

bool record_matches_any(const struct tsem_record *record, const char *pattern)
{
	size_t names;

	return count_matches(record, pattern, &names) > 0;
}

bool record_matches_all(const struct tsem_record *record, const char *pattern)
{
	size_t names;

	return count_matches(record, pattern, &names) == names;
}

void record_objects(const struct tsem_record *record, struct tsem_buffer *buffer)
{
	struct describing d = {.record = record, .buffer = buffer};
	const struct item *object;
	size_t before;

	codec_decode_record(&d.codec, record);
	object = object_next(&d.codec, NULL);
	if (!object)
		tsem_record_object(record, buffer);
	for (; object; object = object_next(&d.codec, object)) {
		before = buffer->size;
		object_describe(&d, object);
		if (buffer->size > before && object_next(&d.codec, object))
			buffer_text(buffer, ", ");
	}
}
