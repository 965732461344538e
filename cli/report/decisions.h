/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people have decided about the events that a model lacked, as sentences and as JSON. */
#ifndef TSEM_CLI_DECISIONS_H
#define TSEM_CLI_DECISIONS_H

#include "../text/output.h"
#include "subject.h"

/* "always allowed by root@terminal on 2026-11-30 14:03 UTC: git may open /etc/gitconfig for reading", not escaped. */
void decision_describe(const struct tsem_decision *decision, struct tsem_buffer *buffer);
/* An object in an array. */
void decision_write(const struct tsem_decision *decision, struct writer *writer);
/* As a part of tsem show. */
int decisions_print(const struct subject *subject, bool json, struct tsem_error *error);

#endif
