// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Preloaded by tests/sinks.sh: the process that talks to a broker finds no memory, for as long as the file NO_MEMORY is
 * there: for a copy of a text with "no-memory" in it, and for one buffer of 128 KiB.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(void)
{
	const char *file = getenv("NO_MEMORY");

	return file && !strcmp(program_invocation_name, "tsem-mqtt") && !access(file, F_OK);
}

char *strndup(const char *text, size_t limit)
{
	size_t size = strnlen(text, limit);
	char *copy = memmem(text, size, "no-memory", 9) && fails() ? NULL : malloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = 0;
	return copy;
}

void *realloc(void *old, size_t size)
{
	static void *(*real)(void *old, size_t size);
	static int done;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "realloc");
	if (size == 128 << 10 && !done && fails()) {
		done = 1;
		errno = ENOMEM;
		return NULL;
	}
	return real(old, size);
}
