/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a CELL is whole, by the rows of events.def, and where the file in it has its name and its digest. */
#ifndef TSEM_ENGINE_SHAPE_H
#define TSEM_ENGINE_SHAPE_H

#include "../abi/record.h"

struct shape_file {
	tsem_u32 path; /* offset of the name; 0: the event has no file with a plain name */
	tsem_u32 path_size;
	tsem_u32 digest; /* offset */
};

/* The name of the event as the coefficient hashes it, without its NUL; NULL when there is no such event. */
const char *shape_event_name(tsem_u32 event, tsem_u32 *ret_size);

/* 0, or -1 when the bytes are not exactly the fields of the event. */
int shape_check(tsem_u32 event, const tsem_u8 *cell, tsem_u32 size, struct shape_file *ret_file);

#endif
