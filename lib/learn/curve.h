/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Learning runs for people: the verdict as a sentence, and the curve of what each run has added. */
#ifndef TSEM_LIB_CURVE_H
#define TSEM_LIB_CURVE_H

#include "../tsem.h"

/* Appends the sentence: converged, not converged, or not known. */
void curve_verdict(const struct tsem_convergence *convergence, struct tsem_buffer *buffer);

/* The last runs: the index of the first of them, and the most new events that one of them had; at least 1. */
struct curve {
	size_t first, most;
};

struct curve curve_last(const struct tsem_convergence *convergence, size_t runs);
/* log2(1 + number), in sixteenths: the height of a number. */
unsigned curve_height(tsem_u64 number);

#endif
