/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "../tsem.h"

int tsem_error_set(struct tsem_error *error, int code, const char *format, ...)
{
	va_list args;

	if (!error)
		return -code;
	error->code = code;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -code;
}

int tsem_error_wrap(struct tsem_error *error, const char *format, ...)
{
	char text[2 * sizeof(error->text)];
	size_t size = sizeof(error->text), used;
	va_list args;

	if (!error)
		return -EIO; /* the cause is not known here */
	va_start(args, format);
	vsnprintf(text, size, format, args);
	va_end(args);
	used = strlen(text);
	memcpy(text + used, ": ", 2);
	memcpy(text + used + 2, error->text, size - 2);
	memcpy(error->text, text, size - 1);
	error->text[size - 1] = 0;
	return -error->code;
}
