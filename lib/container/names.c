/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names.h"

#include <stdlib.h>
#include <string.h>

bool container_names_have(const struct container_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name))
			return true;
	return false;
}

bool container_names_add(struct container_names *names, const char *name)
{
	char **items, *copy;

	if (!*name || container_names_have(names, name))
		return true;
	items = reallocarray(names->items, names->count + 1, sizeof(*items));
	if (items)
		names->items = items;
	copy = items ? strdup(name) : NULL;
	if (copy)
		items[names->count++] = copy;
	return copy;
}

void container_names_deinit(struct container_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct container_names){};
}
