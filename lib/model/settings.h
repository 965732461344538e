/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What models model and how, as the lines of their files. */
#ifndef TSEM_LIB_SETTINGS_H
#define TSEM_LIB_SETTINGS_H

#include "../tsem.h"

struct setting {
	const char *line; /* without its newline */
	size_t size;
};

struct settings {
	struct tsem_buffer text;
	struct setting *sorted; /* all lines */
	size_t count;
};

/* -ENOMEM */
int settings_init(const struct tsem_model *model, struct settings *ret_settings);
void settings_deinit(struct settings *settings);
/* The next line that the other does not have, from *cursor (0 at first) on, in the order of the file. False at the end. */
bool settings_next_lone(const struct settings *settings, const struct settings *other, size_t *cursor,
			struct setting *ret_setting);

#endif
