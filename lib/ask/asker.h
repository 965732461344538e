/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of an event that the model of an asking namespace lacks: a tree or an earlier answer decides, or it
 * becomes part of a question to a person. No I/O: the caller carries questions and answers.
 */
#ifndef TSEM_LIB_ASKER_H
#define TSEM_LIB_ASKER_H

#include "../tsem.h"
#include "tree.h"

/* A(NAME, letter, word, meaning): what a person may answer. */
#define ASK_ANSWERS(A) \
	A(ONCE, 'o', "once", "allow it this time") \
	A(RUN, 'r', "run", "allow exactly this to this program, until the workload ends") \
	A(ALWAYS, 'a', "always", "the same, and add it to the model") \
	A(LIKE, 'l', "like", "wider: as \"run\", and all else that the model lets any program do, to this one, too") \
	A(DENY, 'd', "deny", "refuse everything about this object to all programs, until the workload ends") \
	A(NEVER, 'n', "never", "the same, and note it in the model") \
	A(KILL, 'k', "kill", "refuse it, and kill the workload")

enum ask_answer {
#define A(name, ...) ASK_##name,
	ASK_ANSWERS(A)
#undef A
		ASK_ANSWER_COUNT
};

/* -1: no such word or letter. */
int ask_answer_parse(const char *text);
const char *ask_answer_word(enum ask_answer answer);

/* Why an event was decided without asking now. */
enum ask_cause {
	ASK_BY_PERSON,
	ASK_BY_START,
	ASK_BY_TREE,
	ASK_BY_LIKE,
	ASK_BY_DENIAL,
	ASK_BY_NOBODY,
	ASK_BY_TIME,
	ASK_BY_END,
	ASK_BY_FLOOD
};
const char *ask_cause_text(enum ask_cause cause);

#define ASK_BYTES_MAX 16384 /* of the events of a question, unless it is one */
#define ASK_DISTINCT_MAX 50 /* events of a question: a person can read all of them before they are allowed */

struct question {
	struct question *next;
	tsem_u64 id; /* from 1 */
	tsem_u64 until; /* milliseconds: then it is refused */
	size_t bytes; /* of its events */
	bool locks; /* the kernel holds a lock while it waits */
	bool shown; /* no event joins it any more */
	bool alone; /* its event is in a question that is shown, whose answer may be for it, too: no other event joins it */
	tsem_u64 *waiting; /* numbers of the waiting events, of all the same program and kind */
	size_t waiting_count;
	struct tsem_set events; /* the distinct ones */
};

/*
 * decide: as tsem_orchestrator_decide. told: an event was decided, for the log. kept: a person has allowed it, or
 * refused it, for good: it belongs into the model.
 */
struct asker_calls {
	void (*decide)(void *context, tsem_u64 number, bool allow, bool lasting);
	void (*told)(void *context, const struct tsem_record *record, bool allow, enum ask_cause cause);
	void (*kept)(void *context, const struct tsem_record *record, bool allow);
	void *context;
};

struct asker {
	struct asker_calls calls;
	const struct tsem_set *model; /* borrowed */
	const struct trees *trees; /* borrowed */
	unsigned patience_ms; /* of a person */
	bool attended; /* a person can be asked */
	bool tireless; /* somebody is, who is asked each question anew */
	bool away; /* the last question was not answered in time: none waits until one is */
	tsem_u64 last_id;
	struct question *first, **end;
	size_t count; /* of questions */
	struct tsem_set denied; /* by kind */
	struct tsem_set like; /* TASK_IDs of programs that may do what others may */
	struct tsem_set
		started; /* TASK_IDs of programs that were allowed to start here, with their exec; number: the answer */
	struct tsem_set opened; /* by starter and file: opened for execution; number: the answer */
	struct tsem_set deeds; /* of the model, whoever did them */
	struct tsem_set given; /* allowed coefficients of this run */
};

int asker_init(struct asker *asker, const struct asker_calls *calls, const struct tsem_set *model,
	       const struct trees *trees, unsigned patience_ms, struct tsem_error *error);
/* The waiting events of open questions stay undecided. */
void asker_deinit(struct asker *asker);
/* Refuses everything of this kind (kind.h) without a question. -ENOMEM. */
int asker_refuse_kind(struct asker *asker, const tsem_u8 kind[TSEM_DIGEST_SIZE]);

/* An event waits. Returns the question that it has become part of; NULL: it was decided. now: milliseconds. */
struct question *asker_take(struct asker *asker, const struct tsem_record *record, tsem_u64 now);
/* NULL: it has been answered. */
struct question *asker_question(const struct asker *asker, tsem_u64 id);
/* A person sees it from now on, and has the patience of the asker from now on. */
void asker_show(const struct asker *asker, struct question *question, tsem_u64 now);
/* Nobody can answer it: refused this time. */
void asker_refuse(struct asker *asker, struct question *question, enum ask_cause cause);
/* Decides its events and frees the question. -ENOMEM: this time only. */
int asker_answer(struct asker *asker, struct question *question, enum ask_answer answer);
/* Refuses what has waited too long. Returns milliseconds until the next one; -1: none waits. */
int asker_expire(struct asker *asker, tsem_u64 now);
/* Somebody who had not answered shows that he is there. */
void asker_return(struct asker *asker);
/* Whether there is anybody now. If not, all questions are refused. tireless: and somebody who is never taken to be away. */
void asker_attend(struct asker *asker, bool attended, bool tireless);

#endif
