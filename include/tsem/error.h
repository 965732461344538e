/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Errors: one sentence, in memory of the caller. */
#ifndef TSEM_ERROR_H
#define TSEM_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_error {
	int code; /* positive errno */
	char text[1024];
};

/* Returns -code, so that a caller can write return tsem_error_set(...). */
int tsem_error_set(struct tsem_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the present text. Returns -error->code, and -EIO where there is no error: return your own. */
int tsem_error_wrap(struct tsem_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif
