/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that are meant to change: their path stands for their content. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/buffer.h"
#include "../event/digest.h"
#include "model.h"
#include "../base/hex.h"

/* The kernel side looks up the path with a zero after it. */
const char *tsem_pseudonym_fault(const char *path)
{
	if (path[0] != '/')
		return "does not begin with a slash, as the paths of events do";
	if (!path[1] || path[strlen(path) - 1] == '/')
		return "is that of a directory";
	if (strlen(path) >= TSEM_PSEUDONYM_PATH)
		return "is longer than 255 bytes";
	return NULL;
}

void tsem_pseudonym_digest(const char *path, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	tsem_u8 bytes[4 + TSEM_PSEUDONYM_PATH];
	tsem_u32 size = strnlen(path, TSEM_PSEUDONYM_PATH);

	memcpy(bytes, &size, 4);
	memcpy(bytes + 4, path, size);
	digest_bytes(bytes, 4 + size, ret_digest);
}

/* Where the path is, or would be. */
static size_t find_place(const struct tsem_model *model, const char *path)
{
	size_t low = 0, high = model->pseudonym_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(model->pseudonyms[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct tsem_model *model, size_t place, const char *path)
{
	return place < model->pseudonym_count && !strcmp(model->pseudonyms[place], path);
}

bool tsem_model_has_pseudonym(const struct tsem_model *model, const char *path)
{
	return is_at(model, find_place(model, path), path);
}

static int insert_path(struct tsem_model *model, size_t place, const char *path)
{
	char **list = array_room(model->pseudonyms, model->pseudonym_count, sizeof(*list)), **at;
	char *copy = strdup(path);

	if (list)
		model->pseudonyms = list;
	if (!list || !copy) {
		free(copy);
		return -ENOMEM;
	}
	at = list + place;
	memmove(at + 1, at, (model->pseudonym_count - place) * sizeof(*at));
	*at = copy;
	model->pseudonym_count++;
	return 0;
}

int tsem_model_add_pseudonym(struct tsem_model *model, const char *path, struct tsem_error *error)
{
	const char *fault = tsem_pseudonym_fault(path);
	size_t place;

	if (fault)
		return tsem_error_set(error, EINVAL, "%s cannot have a pseudonym: the path %s", path, fault);
	place = find_place(model, path);
	if (is_at(model, place, path))
		return tsem_error_set(error, EEXIST, "%s has a pseudonym in model %s already", path, model->name);
	if (insert_path(model, place, path))
		return tsem_error_set(error, ENOMEM, "model %s: out of memory", model->name);
	return 0;
}

/* ---- as the file has them ---- */

static bool is_plain(char character, bool blanks)
{
	return character >= (blanks ? ' ' : ' ' + 1) && character < 0x7f && character != '\\';
}

void model_escape(const char *name, bool blanks, struct tsem_buffer *buffer)
{
	for (; *name; name++)
		if (is_plain(*name, blanks))
			tsem_buffer_add(buffer, name, 1);
		else
			tsem_buffer_printf(buffer, "\\x%02x", (tsem_u8)*name);
}

/* One character of the name; 0 when the spelling is invalid. */
static size_t take_character(const char *text, size_t size, bool blanks, char *ret_character)
{
	int high, low;
	tsem_u8 byte;

	if (is_plain(text[0], blanks)) {
		*ret_character = text[0];
		return 1;
	}
	if (size < 4 || text[0] != '\\' || text[1] != 'x')
		return 0;
	high = hex_value(text[2]);
	low = hex_value(text[3]);
	if (high < 0 || low < 0)
		return 0;
	byte = high << 4 | low;
	if (!byte || is_plain(byte, blanks))
		return 0;
	*ret_character = byte;
	return 4;
}

bool model_unescape(const char *text, size_t size, bool blanks, char *ret_name, size_t limit)
{
	size_t length = 0;

	while (size) {
		size_t taken = take_character(text, size, blanks, &ret_name[length]);

		if (!taken || ++length == limit)
			return false;
		text += taken;
		size -= taken;
	}
	ret_name[length] = 0;
	return true;
}
