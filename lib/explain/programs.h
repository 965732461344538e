/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs of a set of events, each with the sum of its events. */
#ifndef TSEM_LIB_PROGRAMS_H
#define TSEM_LIB_PROGRAMS_H

#include "../tsem.h"

struct program {
	const struct tsem_entry *entry; /* the first that starts it */
	size_t distinct; /* of its events, besides those that start programs */
	tsem_u64 count;
};

struct programs {
	struct program *items; /* in the order of the set */
	size_t count;
	struct tsem_set ids; /* private: by TASK_ID; number: index of the program */
};

/* Borrows the entries of the set. -ENOMEM is the only error. */
int programs_find(const struct tsem_set *set, struct programs *ret_programs);
void programs_deinit(struct programs *programs);
/* The program with that TASK_ID; NULL when the set does not start it. */
struct program *programs_with(const struct programs *programs, const tsem_u8 *task_id);
/* Whether tsem started it. */
bool program_is_first(const struct program *program);
/* The digest of its content; NULL when the workload has created it. Points into its record. */
const tsem_u8 *program_content(const struct program *program);

#endif
