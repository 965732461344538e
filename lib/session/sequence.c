/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sequence.h"

#include <errno.h>

int sequence_next(const char *text, size_t size, tsem_u64 last, tsem_u64 *ret_id, struct tsem_error *error)
{
	size_t digits = size && text[size - 1] == '\n' ? size - 1 : size;
	tsem_u64 id = 0;

	if (size && !digits)
		return tsem_error_set(error, EBADMSG, "it is no number");
	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(id, 10, &id) ||
		    __builtin_add_overflow(id, text[i] - '0', &id))
			return tsem_error_set(error, EBADMSG, "it is no number");
	}
	if (id < last)
		id = last;
	if (id == ~0ull)
		return tsem_error_set(error, EOVERFLOW, "no number is left");
	*ret_id = id + 1;
	return 0;
}
