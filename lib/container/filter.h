/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The filter of system calls in a container's config.json: linux.seccomp of the OCI runtime specification. */
#ifndef TSEM_CONTAINER_FILTER_H
#define TSEM_CONTAINER_FILTER_H

#include "../tsem.h"

/*
 * Writes the filter that lets through what both that of text and the list let through, and what the runtime itself calls
 * between setting it and executing the first program; never anything that the text's does not. size 0: there is none.
 * -EBADMSG with a sentence without a path: it is not understood, or cannot be narrowed.
 */
int container_filter_narrow(const char *text, size_t size, const struct tsem_calls *calls,
			    struct tsem_buffer *ret_profile, struct tsem_error *error);

#endif
