/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All in which two models differ: what they model and how, what they let in, and who decided that. */
#ifndef TSEM_LIB_DIFFERENCE_H
#define TSEM_LIB_DIFFERENCE_H

#include "settings.h"

/* side: 0 or 1, the place of the model in the comparison. */
struct difference {
	const struct tsem_model *models[2]; /* borrowed */
	struct settings settings[2];
	struct tsem_comparison events; /* borrows the events of both models */
};

/* a gets the contents of b, as by tsem_model_compare(). */
int difference_find(struct tsem_model *a, const struct tsem_model *b, struct difference *ret_difference,
		    struct tsem_error *error);
void difference_deinit(struct difference *difference);
/* Whether both let in the same, by the same decisions. */
bool difference_is_none(const struct difference *difference);
/* Whether they do not model the same in the same way; it may be only the order, which counts for patterns. */
bool difference_in_settings(const struct difference *difference);

/*
 * The next setting, call, size or decision that only the model of that side has, from *cursor (0 at first) on. At the
 * end: NULL, or 0. System calls differ only where both models have a list. Of a decision, all parts count.
 */
const char *difference_next_setting(const struct difference *difference, int side, size_t *cursor, size_t *ret_size);
const struct tsem_call *difference_next_call(const struct difference *difference, int side, size_t *cursor);
tsem_u64 difference_next_size(const struct difference *difference, int side, size_t *cursor);
const struct tsem_decision *difference_next_decision(const struct difference *difference, int side, size_t *cursor);
/* A content that is another one in the second model. */
const struct tsem_content *difference_next_content(const struct difference *difference, size_t *cursor);

#endif
