/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of a session, as its orchestrator writes them: one behind the other. */
#ifndef TSEM_RECORDS_H
#define TSEM_RECORDS_H

#include "../tsem.h"

#define RECORD_SIZE_MAX (sizeof(struct tsem_record) + TSEM_CELL_MAX)

/*
 * Hands each whole record among the bytes to fn. They begin at byte `from` of the file `name`, which the error names
 * with what is damaged. Returns the bytes used, or a negative errno, also of fn. What is left is being written just now;
 * it is the beginning of a record, if it is anything.
 */
ssize_t records_walk(const char *name, const char *bytes, size_t size, size_t from, tsem_record_fn fn, void *context,
		     struct tsem_error *error);
/* For the end of a file that nobody writes any more: an error if anything is left. */
int records_end(const char *name, size_t at, size_t size, struct tsem_error *error);

#endif
