/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "html.h"
#include "text.h"

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(struct tsem_buffer *page, const char *text, size_t size)
{
	struct tsem_buffer plain = {0};

	text_escape(&plain, text, size);
	for (size_t i = 0; i < plain.size; i++) {
		const char *entity = entity_of(plain.data[i]);

		if (entity)
			tsem_buffer_printf(page, "%s", entity);
		else
			tsem_buffer_add(page, &plain.data[i], 1);
	}
	page->failed |= plain.failed;
	tsem_buffer_deinit(&plain);
}

void html_string(struct tsem_buffer *page, const char *text)
{
	html_text(page, text, strlen(text));
}

void html_take(struct tsem_buffer *page, struct tsem_buffer *text)
{
	html_text(page, text->size ? text->data : "", text->size);
	page->failed |= text->failed;
	tsem_buffer_deinit(text);
}
