/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "labels.h"
#include "../../lib/kernel/runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *label_value(const struct labels *labels, const char *key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (!strcmp(labels->items[i].key, key))
			return labels->items[i].value;
	return NULL;
}

static bool good_value(const char *value)
{
	size_t size = 0;

	for (; value[size]; size++)
		if ((unsigned char)value[size] < ' ' || value[size] == 127)
			return false;
	return size && size < LABEL_VALUE_MAX;
}

int labels_add(struct labels *labels, const char *text, struct tsem_error *error)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t size = strspn(text, letters);
	struct label *label = &labels->items[labels->count];

	if (!size || size >= LABEL_KEY_MAX || text[size] != '=' || !good_value(text + size + 1))
		return tsem_error_set(
			error, EINVAL,
			"\"%s\" is no label: KEY=VALUE, KEY of small letters, digits and . _ -, and VALUE of "
			"at most %d bytes without control characters",
			text, LABEL_VALUE_MAX - 1);
	if (labels->count == LABELS_MAX)
		return tsem_error_set(error, EINVAL, "a session can have at most %d labels", LABELS_MAX);
	snprintf(label->key, sizeof(label->key), "%.*s", (int)size, text);
	if (label_value(labels, label->key))
		return tsem_error_set(error, EINVAL, "there are two labels %s", label->key);
	strcpy(label->value, text + size + 1);
	labels->count++;
	return 0;
}

int labels_save(const struct labels *labels, const char *session, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	char path[512];
	int r;

	if (!labels->count)
		return 0;
	for (size_t i = 0; i < labels->count; i++)
		tsem_buffer_printf(&text, "%s=%s\n", labels->items[i].key, labels->items[i].value);
	session_files_path(session, "labels", path, sizeof(path));
	r = text.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
			  runtime_write_file(path, text.data, text.size, error);
	tsem_buffer_deinit(&text);
	return r;
}

void labels_load(struct labels *labels, const char *session)
{
	char path[512], *text, *line, *rest;
	size_t size;

	*labels = (struct labels){};
	session_files_path(session, "labels", path, sizeof(path));
	if (runtime_read_file(path, &text, &size, NULL))
		return;
	for (rest = text; (line = strsep(&rest, "\n")) && *line;)
		labels_add(labels, line, NULL);
	free(text);
}

void labels_title(const struct labels *labels, struct tsem_buffer *title)
{
	static const char *const parts[] = {"namespace", "pod", "container"};
	const char *value;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if ((value = label_value(labels, parts[i])))
			tsem_buffer_printf(title, "%s%s", title->size ? "/" : "", value);
}

void labels_list(const struct labels *labels, struct tsem_buffer *text)
{
	for (size_t i = 0; i < labels->count; i++)
		tsem_buffer_printf(text, "%s%s=%s", i ? ", " : "", labels->items[i].key, labels->items[i].value);
}

void labels_write(const struct labels *labels, struct writer *writer)
{
	writer_open(writer, "labels", '{');
	for (size_t i = 0; i < labels->count; i++)
		writer_string(writer, labels->items[i].key, labels->items[i].value);
	writer_close(writer, '}');
}
