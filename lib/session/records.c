/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "records.h"

#include <errno.h>
#include <string.h>

static int damaged(const char *name, size_t at, struct tsem_error *error)
{
	return tsem_error_set(error, EBADMSG, "%s is damaged at byte %zu", name, at);
}

ssize_t records_walk(const char *name, const char *bytes, size_t size, size_t from, tsem_record_fn fn, void *context,
		     struct tsem_error *error)
{
	_Alignas(struct tsem_record) char record[RECORD_SIZE_MAX];
	size_t at = 0;
	tsem_u32 whole;
	int r;

	while (at + sizeof(struct tsem_record) <= size) {
		memcpy(&whole, bytes + at, sizeof(whole)); /* the first member */
		if (whole < sizeof(struct tsem_record) || whole > sizeof(record))
			return damaged(name, from + at, error);
		if (whole > size - at)
			break;
		memcpy(record, bytes + at, whole);
		r = tsem_record_check(record, whole, error);
		if (r) {
			tsem_error_wrap(error, "%s is damaged at byte %zu", name, from + at);
			return r;
		}
		r = fn(context, (const struct tsem_record *)record);
		if (r)
			return r;
		at += whole;
	}
	return at;
}

int records_end(const char *name, size_t at, size_t size, struct tsem_error *error)
{
	return at == size ? 0 : damaged(name, at, error);
}
