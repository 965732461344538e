/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LAB_ERROR_H
#define LAB_ERROR_H

/* Stands in for lib/tsem.h until that exists; the guard is shared on purpose. */
#ifndef TSEM_ERROR_DEFINED
#define TSEM_ERROR_DEFINED

struct tsem_error {
	int code;       /* positive errno, or 0 */
	char text[512]; /* what failed, on what, why, what to do */
};

void tsem_error_set(struct tsem_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

#endif
