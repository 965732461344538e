/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system calls that a model lets through. */
#ifndef TSEM_CALL_H
#define TSEM_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/types.h"
#include "buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A use of a system call that a model has: an entry of abi/syscalls.def, and the argument where that has one. */
struct tsem_call {
	const char *entry; /* the table's own text */
	tsem_u32 argument; /* 0 where the entry has none */
};

/* Ascending by the bytes of the entry, then by the argument; none twice. */
struct tsem_calls {
	struct tsem_call *items;
	size_t count;
	bool known; /* false: nothing is known of the system calls; count is 0 */
};

/* The call of that number on this architecture; NULL when the table has none. */
const char *tsem_call_name(unsigned number);
/* The entry for the call of that name; NULL when there is no such call. "always": it is in no list. */
const char *tsem_call_entry(const char *name);
/* Index of the argument that belongs to the entry; -1 when none does. */
int tsem_call_argument(const char *entry);
/* The first call of the table, from *cursor on, that has the entry and a number here; negative at the end. */
int tsem_call_next(const char *entry, size_t *cursor);
/* The uses with an argument that are always let through, by index; false after the last one. */
bool tsem_call_always(size_t index, struct tsem_call *ret_call);
/* 1: added; 0: it is there already, or always; -ENOENT: there is no such entry; -ENOMEM. The calls are then known. */
int tsem_calls_add(struct tsem_calls *calls, const char *entry, tsem_u32 argument);
bool tsem_calls_have(const struct tsem_calls *calls, const char *entry, tsem_u32 argument);
void tsem_calls_deinit(struct tsem_calls *calls);
/* Appends "open" or "ioctl 0x5411", as a model file has it. */
void tsem_call_format(const struct tsem_call *call, struct tsem_buffer *buffer);
/* The same for people: with the name of the argument, where it has one that is known here. */
void tsem_call_describe(const struct tsem_call *call, struct tsem_buffer *buffer);
/* Reads the text of tsem_call_format. False for any other text. */
bool tsem_call_parse(const char *text, size_t size, struct tsem_call *ret_call);

#ifdef __cplusplus
}
#endif

#endif
