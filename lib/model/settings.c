/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static int compare_lines(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;
	int order = memcmp(x->line, y->line, x->size < y->size ? x->size : y->size);

	return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* The line at *at; moves after its newline. */
static struct setting take_line(const char *text, size_t *at)
{
	struct setting setting = {text + *at, strcspn(text + *at, "\n")};

	*at += setting.size + (text[*at + setting.size] == '\n');
	return setting;
}

/* There can be a pseudonym for each of many files. */
static int sort_lines(struct settings *settings)
{
	const char *text = settings->text.data;
	size_t lines = 0, at = 0;

	for (; text[at]; lines++)
		take_line(text, &at);
	settings->sorted = calloc(lines + 1, sizeof(*settings->sorted));
	if (!settings->sorted)
		return -ENOMEM;
	for (at = 0; text[at];)
		settings->sorted[settings->count++] = take_line(text, &at);
	qsort(settings->sorted, settings->count, sizeof(*settings->sorted), compare_lines);
	return 0;
}

int settings_init(const struct tsem_model *model, struct settings *ret_settings)
{
	struct settings settings = {};

	tsem_model_settings(model, &settings.text);
	if (settings.text.failed || sort_lines(&settings)) {
		settings_deinit(&settings);
		return -ENOMEM;
	}
	*ret_settings = settings;
	return 0;
}

void settings_deinit(struct settings *settings)
{
	tsem_buffer_deinit(&settings->text);
	free(settings->sorted);
	*settings = (struct settings){};
}

bool settings_next_lone(const struct settings *settings, const struct settings *other, size_t *cursor,
			struct setting *ret_setting)
{
	while (settings->text.data[*cursor]) {
		*ret_setting = take_line(settings->text.data, cursor);
		if (!bsearch(ret_setting, other->sorted, other->count, sizeof(*other->sorted), compare_lines))
			return true;
	}
	return false;
}
