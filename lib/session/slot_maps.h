/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of one namespace, as its options want them. */
#ifndef TSEM_SLOT_MAPS_H
#define TSEM_SLOT_MAPS_H

#include "../kernel/runtime.h"

/* Whether there is a model to judge by: an agent may judge by none of ours. */
bool slot_has_model(const struct tsem_namespace_options *options);
/* So many coefficients can be added. */
size_t slot_model_limit(const struct tsem_namespace_options *options);
/* To be given to kernel_slot_publish. */
struct slot_maps slot_maps_make(const struct tsem_namespace_options *options);
/*
 * The same for another model in the place of one that is judged by: what it holds, and then what was found in the one
 * before. In two steps: see tsem_session_reload().
 */
struct slot_maps slot_maps_model(const struct tsem_namespace_options *options);
struct slot_maps slot_maps_seen(void);

#endif
