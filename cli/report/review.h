/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a workload does, by the questions of a reviewer: as text, or as a JSON array. */
#ifndef TSEM_CLI_REVIEW_H
#define TSEM_CLI_REVIEW_H

#include "subject.h"

/* As a part of tsem show. */
int review_print(const struct subject *subject, bool json, struct tsem_error *error);

#endif
