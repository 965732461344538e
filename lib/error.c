/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "tsem.h"

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
	char text[sizeof(error->text)];
	size_t size = sizeof(error->text), used;
	va_list args;
	int length;

	if (!error)
		return -1;
	memcpy(text, error->text, size);
	va_start(args, format);
	length = vsnprintf(error->text, size, format, args);
	va_end(args);
	used = length < 0 ? 0 : (size_t)length;
	if (used < size)
		snprintf(error->text + used, size - used, ": %s", text);
	return -error->code;
}
