/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_HTML_H
#define TSEM_CLI_HTML_H

#include "../../lib/tsem.h"

/*
 * Appends text as content or attribute value: nothing in it is markup; control characters and bytes that are not UTF-8
 * become \xNN. All text from a workload goes through here.
 */
void html_text(struct tsem_buffer *page, const char *text, size_t size);
void html_string(struct tsem_buffer *page, const char *text);
/* The same of a buffer, which is emptied. */
void html_take(struct tsem_buffer *page, struct tsem_buffer *text);

#endif
