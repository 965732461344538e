/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's memory that is in use, in all and for each namespace that lives. */
#ifndef TSEM_CLI_MEMORY_H
#define TSEM_CLI_MEMORY_H

#include "../text/output.h"

struct memory_use {
	struct tsem_memory memory;
	struct tsem_session *sessions;
	size_t count;
};

/* Nothing in use where it cannot be read. */
void memory_read(struct memory_use *ret_use);
void memory_deinit(struct memory_use *use);
/* Prints nothing when nothing is loaded. */
void memory_print(const struct memory_use *use);
/* The member "memory": null when nothing is loaded. */
void memory_write(const struct memory_use *use, struct writer *writer);

#endif
