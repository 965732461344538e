/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a question is about, besides its sentence: lines that each begin with six blanks. */
#ifndef TSEM_LIB_ASK_NAMES_H
#define TSEM_LIB_ASK_NAMES_H

#include "../tsem.h"

/* The names of the program and of each object, by themselves. */
void ask_names(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out);
/* What a model with these options (TSEM_NORMALISE_*) counts as the same as the shown values. */
void ask_wider(const struct tsem_record *record, tsem_u32 options, struct tsem_buffer *out);

#endif
