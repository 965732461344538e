/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A listing of events as text, or as a JSON array. */
#ifndef TSEM_CLI_LISTING_H
#define TSEM_CLI_LISTING_H

#include "../../lib/explain/listing.h"
#include "../text/output.h"

/* Events with the same sentence share a line. */
void listing_print(struct listing *listing);
void listing_write(struct listing *listing, const char *key, struct writer *writer);

#endif
