/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_SUMMARY_H
#define TSEM_CLI_SUMMARY_H

#include "subject.h"

/* Everything about a subject that is short. */
int summary_print(const struct subject *subject, bool json, struct tsem_error *error);
/* How many events there are of each kind. */
int summary_events(const struct subject *subject, bool json, struct tsem_error *error);

#endif
