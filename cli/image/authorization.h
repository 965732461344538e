/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a registry wants to see before it answers. */
#ifndef TSEM_CLI_AUTHORIZATION_H
#define TSEM_CLI_AUTHORIZATION_H

#include "registry.h"

/*
 * Sets the registry's header by the challenge of an answer: name and password themselves, or a token that they, or nobody's,
 * are changed for at the place that the challenge names. -EACCES when there is nothing to show.
 */
int authorize(struct registry *registry, const char *challenge, struct tsem_error *error);

#endif
