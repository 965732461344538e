/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../tsem.h"
#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum kind { plain, secret };

static struct variable {
	const char *name;
	enum kind kind;
	char *value; /* of a secret, when it was taken */
} variables[] = {
#define VARIABLE(name, kind) {#name, kind, NULL},
#include "environment.def"
#undef VARIABLE
};

#define COUNT (sizeof(variables) / sizeof(*variables))

/* The text after "name=" in the entry; NULL: the entry has another name. */
static char *value_of(char *entry, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(entry, name, length) && entry[length] == '=' ? entry + length + 1 : NULL;
}

/* In pages of its own, which no core dump has. NULL: there is no memory. */
static char *hide(const char *value)
{
	size_t size = strlen(value) + 1;
	char *hidden = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (hidden == MAP_FAILED)
		return NULL;
	madvise(hidden, size, MADV_DONTDUMP);
	return memcpy(hidden, value, size);
}

/* True when it was a secret, and is nothing now. */
static bool take_entry(char *entry)
{
	for (size_t i = 0; i < COUNT; i++) {
		char *value = variables[i].kind == secret ? value_of(entry, variables[i].name) : NULL;

		if (!value)
			continue;
		if (!variables[i].value)
			variables[i].value = hide(value);
		explicit_bzero(value, strlen(value));
		return true;
	}
	return false;
}

void environment_take_secrets(void)
{
	char **to = environ;

	for (char **from = environ; from && *from; from++)
		if (!take_entry(*from))
			*to++ = *from;
	if (to)
		*to = NULL;
}

void environment_forget_secrets(void)
{
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = variables[i].value ? strlen(variables[i].value) + 1 : 0;

		if (!size)
			continue;
		explicit_bzero(variables[i].value, size);
		munmap(variables[i].value, size);
		variables[i].value = NULL;
	}
}

const char *environment_variable(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(variables[i].name, name))
			return variables[i].value ? variables[i].value : getenv(name);
	return NULL;
}
