/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "questions.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#define SIZE_MIN 64u

/* Where the task's question is, or the free place for it. */
static tsem_u32 place_of(const struct questions *questions, tsem_u32 tid)
{
	tsem_u32 at = tid & (questions->size - 1);

	while (questions->slots[at].tid && questions->slots[at].tid != tid)
		at = (at + 1) & (questions->size - 1);
	return at;
}

struct question *questions_find(const struct questions *questions, tsem_u32 tid)
{
	struct question *question = questions->size ? &questions->slots[place_of(questions, tid)] : NULL;

	return question && question->tid == tid ? question : NULL;
}

struct question *questions_put(struct questions *questions, tsem_u32 tid)
{
	struct question *question = &questions->slots[place_of(questions, tid)];

	questions->used += !question->tid;
	question->tid = tid;
	return question;
}

/* Moves up the questions behind it whose place could have been here. */
void questions_remove(struct questions *questions, struct question *question)
{
	tsem_u32 mask = questions->size - 1, hole = question - questions->slots;

	for (tsem_u32 at = (hole + 1) & mask; questions->slots[at].tid; at = (at + 1) & mask) {
		if (((at - questions->slots[at].tid) & mask) < ((at - hole) & mask))
			continue;
		questions->slots[hole] = questions->slots[at];
		hole = at;
	}
	questions->slots[hole] = (struct question){};
	questions->used--;
}

/* An answer counts when it was given in time, however late the task comes for it. */
static bool is_over(const struct question *question, tsem_u64 now)
{
	if (!question->verdict)
		return question->deadline <= now;
	return kill(question->tid, 0) && errno == ESRCH;
}

static void move_all(struct questions *to, const struct questions *from, tsem_u64 now)
{
	for (tsem_u32 i = 0; i < from->size; i++)
		if (from->slots[i].tid && !is_over(&from->slots[i], now))
			*questions_put(to, from->slots[i].tid) = from->slots[i];
}

int questions_reserve(struct questions *questions, tsem_u64 now)
{
	struct questions grown = {.size = questions->size ? questions->size : SIZE_MIN};
	tsem_u32 left = 1;

	if (questions->used < questions->size / 2)
		return 0;
	for (tsem_u32 i = 0; i < questions->size; i++)
		left += questions->slots[i].tid && !is_over(&questions->slots[i], now);
	while (left > grown.size / 4)
		grown.size *= 2;
	grown.slots = calloc(grown.size, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	move_all(&grown, questions, now);
	free(questions->slots);
	*questions = grown;
	return 0;
}

bool questions_answered(const struct questions *questions, tsem_u64 now)
{
	for (tsem_u32 i = 0; i < questions->size; i++)
		if (questions->slots[i].tid && questions->slots[i].verdict && questions->slots[i].deadline > now)
			return true;
	return false;
}

void questions_free(struct questions *questions)
{
	free(questions->slots);
	*questions = (struct questions){};
}
