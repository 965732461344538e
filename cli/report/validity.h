/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a signed model may be used, in JSON. */
#ifndef TSEM_CLI_VALIDITY_H
#define TSEM_CLI_VALIDITY_H

#include "../text/output.h"

/* Members serial, not_before and not_after, as far as there are. */
void write_validity(struct writer *writer, const struct tsem_validity *validity);

#endif
