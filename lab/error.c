/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

void tsem_error_set(struct tsem_error *error, int code, const char *format, ...)
{
	va_list arguments;

	error->code = code;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
}
