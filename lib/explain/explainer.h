/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An explainer that knows what a session knows. */
#ifndef TSEM_LIB_EXPLAINER_H
#define TSEM_LIB_EXPLAINER_H

#include "../tsem.h"

/*
 * Compares with the session's model, when it has one, and knows the programs of all its events; of a session that is
 * followed they are still to come. It borrows the session's model. NULL when out of memory.
 */
struct tsem_explainer *explainer_of(const struct tsem_session *session);

#endif
