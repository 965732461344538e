/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/base/hex.h"
#include "../lib/base/utf8.h"
#include "sink.h"

/* Bytes of a character that MQTT takes in a topic and that ends no level and is no wildcard; 0: it begins with none. */
static size_t plain_length(const char *text)
{
	size_t length = utf8_length((const tsem_u8 *)text, strlen(text));
	tsem_u32 code = length ? utf8_code((const tsem_u8 *)text, length) : 0;
	bool odd = code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xfdd0 && code <= 0xfdef) ||
		   (code & 0xfffe) == 0xfffe || (code < 0x80 && strchr("/+#", (int)code));

	return odd ? 0 : length;
}

/* A name must not become two levels, a wildcard, or something that no broker accepts. */
static void put_level(struct tsem_buffer *buffer, const char *text)
{
	for (size_t length; *text; text += length ? length : 1) {
		length = plain_length(text);
		tsem_buffer_add(buffer, length ? text : "_", length ? length : 1);
	}
}

static void expand(const char *at, const char *end, const char *host, const char *name, const char *class,
		   struct tsem_buffer *buffer)
{
	for (; at < end; at++) {
		if (*at != '%' || at + 1 == end) {
			tsem_buffer_add(buffer, at, 1);
			continue;
		}
		at++;
		if (*at == '%')
			tsem_buffer_add(buffer, "%", 1);
		else
			put_level(buffer, *at == 'h' ? host : *at == 'n' ? name : class);
	}
}

void sink_topic_expand(const struct sink_topic *topic, const char *host, const char *name, const char *class,
		       const char *level, struct tsem_buffer *buffer)
{
	const char *start = topic->template;

	buffer->size = 0;
	expand(start, start + (level ? topic->base : strlen(start)), host, name, class, buffer);
	if (level)
		tsem_buffer_printf(buffer, "%s%s", buffer->size ? "/" : "", level);
}

/* *base: from the end of the template to that of the levels before the one with the first %c. */
static int check_words(const char *template, size_t *base, struct tsem_error *error)
{
	size_t size = *base;

	for (const char *at = template; (at = strchr(at, '%')); at += 2) {
		if (!at[1] || !strchr("hnc%", at[1]))
			return tsem_error_set(error, EINVAL,
					      "%%%.1s in the topic is not %%h (host), %%n (namespace) or %%c (class)",
					      at + 1);
		if (at[1] == 'c' && size == strlen(template))
			size = at - template;
	}
	while (size < strlen(template) && size > 0 && template[size - 1] != '/')
		size--;
	if (size < strlen(template) && size > 0 && template[size - 1] == '/')
		size--;
	*base = size;
	return 0;
}

int sink_topic_init(const char *template, struct sink_topic *ret_topic, struct tsem_error *error)
{
	size_t base = strlen(template);

	if (!*template)
		return tsem_error_set(error, EINVAL,
				      "the URL names no topic; an example is mqtt://HOST/tsem/%%h/%%n/%%c");
	if (*template == '$' || strpbrk(template, "+#") || strlen(template) > 1024)
		return tsem_error_set(error, EINVAL,
				      "the topic must not begin with $, hold + or #, or be longer than 1024 bytes");
	if (check_words(template, &base, error))
		return -EINVAL;
	ret_topic->template = strdup(template);
	ret_topic->base = base;
	return ret_topic->template ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

void sink_topic_deinit(struct sink_topic *topic)
{
	free(topic->template);
	topic->template = NULL;
}

/* ---- the other way round: whose a topic is ---- */

/* Levels of the base that are just %h or %n. */
static unsigned count_levels(const struct sink_topic *topic, char word)
{
	const char *at = topic->template, *end = at + topic->base;
	unsigned count = 0;

	for (; at < end; at++)
		if (*at == '%') {
			bool alone = (at == topic->template || at[-1] == '/') && (at + 2 == end || at[2] == '/');

			count += at[1] == word && alone;
			at++;
		}
	return count;
}

/* The subscription: everything below the base. */
static int make_filter(const struct sink_topic *topic, struct tsem_buffer *filter, struct tsem_error *error)
{
	for (const char *at = topic->template; at < topic->template + topic->base; at++) {
		bool word = *at == '%';

		at += word;
		tsem_buffer_add(filter, word && *at != '%' ? "+" : at, 1);
	}
	tsem_buffer_add(filter, "/#", 3);
	return filter->failed ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}

static int check_layout(const char *path, const struct sink_topic *topic, struct tsem_error *error)
{
	const char *mark = strpbrk(path, "#");

	if (!mark && count_levels(topic, 'h') == 1 && count_levels(topic, 'n') == 1)
		return 0;
	return tsem_error_set(
		error, EINVAL,
		"\"%.64s\" does not say which levels of a topic are host and namespace, so that hosts could write "
		"in each other's names: it is like mqtt://HOST/tsem/#, or mqtt://HOST/a/+/%%h/%%n/%%c",
		path);
}

int sink_topic_listen(const char *path, struct sink_topic *ret_topic, struct tsem_buffer *filter,
		      struct tsem_error *error)
{
	static const char usual[] = "%h/%n/%c";
	size_t size = strlen(path), base;
	bool plain = size && path[size - 1] == '#' && (size == 1 || path[size - 2] == '/') && !strpbrk(path, "+%") &&
		     strchr(path, '#') == path + size - 1;
	struct sink_topic topic = {0};
	int r;

	if (*path == '$' || size > 1024)
		return tsem_error_set(error, EINVAL,
				      "topics that begin with $, or are longer than 1024 bytes, are not collected");
	topic.template = malloc(size + sizeof(usual));
	if (!topic.template)
		return tsem_error_set(error, ENOMEM, "out of memory");
	memcpy(topic.template, path, size + 1);
	if (plain)
		memcpy(topic.template + size - 1, usual, sizeof(usual));
	base = strlen(topic.template);
	r = check_words(topic.template, &base, error);
	topic.base = base;
	if (!r)
		r = check_layout(topic.template, &topic, error);
	if (!r)
		r = make_filter(&topic, filter, error);
	if (r)
		sink_topic_deinit(&topic);
	else
		*ret_topic = topic;
	return r;
}

/* The next byte of a name as it was before docs/json.md wrote it: \\ and \xNN. */
static int next_byte(const char **name)
{
	const char *at = *name;
	int high, low;

	*name += *at != 0;
	if (*at != '\\')
		return (unsigned char)*at;
	if (at[1] == '\\') {
		*name = at + 2;
		return '\\';
	}
	high = at[1] == 'x' ? hex_value(at[2]) : -1;
	low = high >= 0 ? hex_value(at[3]) : -1;
	if (low < 0)
		return '\\';
	*name = at + 4;
	return high << 4 | low;
}

/* Whether the topic's level is that name. A host must be it to the byte: no two hosts share a topic. */
static bool level_holds(const char **topic, const char *name, bool exact)
{
	const char *at = *topic;

	while (*name) {
		int byte = next_byte(&name);
		bool odd = !byte || strchr("/+#", byte) || byte < 0x20,
		     written = *at == '_' && (odd || byte >= 0x7f); /* put_level() */

		if ((odd || (written && byte != '_')) && exact)
			return false;
		if (!written && (odd || (unsigned char)*at != byte))
			return false;
		at++;
	}
	*topic = at;
	return !*at || *at == '/';
}

bool sink_topic_holds(const struct sink_topic *layout, const char *topic, const char *host, const char *name)
{
	const char *at = layout->template, *end = at + layout->base;

	for (; at < end; at++) {
		bool word = *at == '%';

		at += word;
		if (word && (*at == 'h' || *at == 'n')) {
			if (!level_holds(&topic, *at == 'h' ? host : name, *at == 'h'))
				return false;
		} else if (!word && *at == '+') {
			topic += strcspn(topic, "/");
		} else if (*topic++ != *at) {
			return false;
		}
	}
	return !*topic || *topic == '/';
}
