/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "given.h"

#include <errno.h>
#include <string.h>

static bool all_zeros(const char *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return !size;
}

int given_copy(const void *given, const char *name, void *ret_options, size_t size, struct tsem_error *error)
{
	size_t given_size;

	memcpy(&given_size, given, sizeof(given_size));
	if (given_size < sizeof(given_size))
		return tsem_error_set(error, EINVAL,
				      "a struct %s does not say its size: set its first member to sizeof(struct %s)",
				      name, name);
	if (given_size > size && !all_zeros((const char *)given + size, given_size - size))
		return tsem_error_set(error, E2BIG,
				      "a struct %s asks for something that libtsem %s does not know: use a later one",
				      name, TSEM_VERSION);
	memset(ret_options, 0, size);
	memcpy(ret_options, given, given_size < size ? given_size : size);
	return 0;
}
