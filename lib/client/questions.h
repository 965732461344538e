/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last question of each task that an agent was asked about: until the task waits for it, and for an answer that
 * came before. By the task's whole number, in a table that grows, so that nobody's question takes another one's place.
 */
#ifndef TSEM_LIB_QUESTIONS_H
#define TSEM_LIB_QUESTIONS_H

#include "../../abi/types.h"

#include <stdbool.h>

struct question {
	tsem_u32 tid; /* 0: none */
	tsem_u32 verdict; /* TSEM_ANSWER_*, 0: not answered yet */
	tsem_u32 place; /* where the task waits: endpoint_wait(); 0: it does not, as far as is known */
	tsem_u32 reserved;
	tsem_u64 number; /* 0: the task waits, and its question is still in the ring */
	tsem_u64 deadline;
	tsem_u64 given; /* when the verdict was */
};

struct questions {
	struct question *slots; /* a power of two of them, at least half of them free; NULL: none yet */
	tsem_u32 size, used;
};

/*
 * Room for one more. What has no answer in time is forgotten when the room is used up, and answers to tasks that are
 * gone: so there is at most one for each living task. -ENOMEM: there is none.
 */
int questions_reserve(struct questions *questions, tsem_u64 now);
/* NULL: there is none. */
struct question *questions_find(const struct questions *questions, tsem_u32 tid);
/* That of the task, which is made where there is none. Behind questions_reserve(). */
struct question *questions_put(struct questions *questions, tsem_u32 tid);
/* Pointers to others are wrong behind this. */
void questions_remove(struct questions *questions, struct question *question);
/* Whether there is an answer whose time is not over. */
bool questions_answered(const struct questions *questions, tsem_u64 now);
void questions_free(struct questions *questions);

#endif
