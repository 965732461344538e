/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

/* A level must not become two, nor a wildcard. */
static void put_level(struct tsem_buffer *buffer, const char *text)
{
	for (; *text; text++) {
		char c = strchr("/+#", *text) || (unsigned char)*text < 0x20 ? '_' : *text;

		tsem_buffer_add(buffer, &c, 1);
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

int sink_topic_init(const char *template, struct sink_topic *ret_topic, struct tsem_error *error)
{
	size_t base = strlen(template);

	if (!*template)
		return tsem_error_set(error, EINVAL, "the URL names no topic; an example is mqtt://HOST/tsem/%%h/%%n/%%c");
	if (*template == '$' || strpbrk(template, "+#") || strlen(template) > 1024)
		return tsem_error_set(error, EINVAL,
				      "the topic must not begin with $, hold + or #, or be longer than 1024 bytes");
	for (const char *at = template; (at = strchr(at, '%')); at += 2) {
		if (!at[1] || !strchr("hnc%", at[1]))
			return tsem_error_set(error, EINVAL, "%%%.1s in the topic is none of %%h (host), %%n (namespace), %%c (class)",
					      at + 1);
		if (at[1] == 'c' && base == strlen(template))
			base = at - template;
	}
	while (base < strlen(template) && base > 0 && template[base - 1] != '/')
		base--;
	if (base > 0 && template[base - 1] == '/')
		base--;
	ret_topic->template = strdup(template);
	ret_topic->base = base;
	return ret_topic->template ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

void sink_topic_deinit(struct sink_topic *topic)
{
	free(topic->template);
	topic->template = NULL;
}
