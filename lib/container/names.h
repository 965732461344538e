/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists of names, none twice. */
#ifndef TSEM_CONTAINER_NAMES_H
#define TSEM_CONTAINER_NAMES_H

#include "../tsem.h"

struct container_names {
	char **items;
	size_t count;
};

/* A copy, if it is not empty and not there. False: out of memory. */
bool container_names_add(struct container_names *names, const char *name);
bool container_names_have(const struct container_names *names, const char *name);
void container_names_deinit(struct container_names *names);

#endif
