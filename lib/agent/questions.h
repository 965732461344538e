/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last question about each task: kept until the task waits for the answer, or to hold an answer that was given
 * before the task waited. The table grows, and its key is the task's whole number, so no question takes the place of
 * another one.
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
	tsem_u64 number; /* of the question; 0: the task waits, and its question is still in the ring */
	tsem_u64 deadline;
	tsem_u64 given; /* when the verdict was */
};

struct questions {
	struct question *slots; /* a power of two of them, at least half of them free; NULL: none yet */
	tsem_u32 size, used;
};

/*
 * Makes room for one more. When the room is used up, questions without an answer in time are forgotten, and answers to
 * tasks that have ended, so there is at most one entry for each living task. -ENOMEM: there is no room.
 */
int questions_reserve(struct questions *questions, tsem_u64 now);
/* NULL: there is none. */
struct question *questions_find(const struct questions *questions, tsem_u32 tid);
/* The task's entry, which is created if it has none. After questions_reserve(). */
struct question *questions_put(struct questions *questions, tsem_u32 tid);
/* Invalidates pointers to other entries. */
void questions_remove(struct questions *questions, struct question *question);
/* Whether an answer is still waiting for its task, before its deadline. */
bool questions_answered(const struct questions *questions, tsem_u64 now);
void questions_free(struct questions *questions);

#endif
