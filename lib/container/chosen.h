/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What annotations may choose, where a policy lets them: who writes those of a pod is seldom root of its node. */
#ifndef TSEM_CONTAINER_CHOSEN_H
#define TSEM_CONTAINER_CHOSEN_H

#include "identity.h"

/*
 * allowed: of the policy with the mode annotations that matched. The model is a file of its directory models, or of the
 * directory there that is called as the pod's namespace. -EPERM with a sentence that begins with where.
 */
int container_check_chosen(const char *where, const struct container_settings *allowed,
			   const struct container_identity *identity, const struct container_settings *chosen,
			   struct tsem_error *error);

#endif
