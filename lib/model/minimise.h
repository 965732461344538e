/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The choice of the events that tsem_model_minimise() drops, besides those of tsem_model_outdated(). */
#ifndef TSEM_LIB_MINIMISE_H
#define TSEM_LIB_MINIMISE_H

#include "../tsem.h"

/* Half of the runs, rounded up: how many of the last ones count when nothing else is said. */
tsem_u32 minimise_recent(const struct tsem_model *model);
/* Whether it is not known in which runs the event was seen: then it stays. */
bool minimise_unknown(const struct tsem_entry *entry);

#endif
