/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A set of events as the answers to what a reviewer of a model asks. */
#ifndef TSEM_LIB_REVIEW_H
#define TSEM_LIB_REVIEW_H

#include "../tsem.h"

/* In the order in which they are asked: X(NAME, word, title, what the answers are: FILE, ADDRESS, SENTENCE). */
#define REVIEW_QUESTIONS(X) \
	X(SECRETS, "secrets", "Files that hold secrets", FILE) \
	X(RIGHTS, "rights", "Files that get rights, and devices that it makes", FILE) \
	X(WRITES, "writes", "Files that it creates, writes, changes or deletes", FILE) \
	X(RUNS, "runs", "Programs that it runs", FILE) \
	X(LISTENS, "listens", "Addresses at which it listens", ADDRESS) \
	X(CONTACTS, "contacts", "Addresses that it contacts", ADDRESS) \
	X(POWERS, "powers", "Capabilities and identities that it uses", SENTENCE) \
	X(OTHERS, "others", "What it does to other processes", SENTENCE) \
	X(SYSTEM, "system", "What it does to the system and its devices", SENTENCE) \
	X(CODE, "code", "Program code that it loads", FILE) \
	X(READS, "reads", "Files that it reads", FILE)

enum question {
#define QUESTION(name, word, title, kind) QUESTION_##name,
	REVIEW_QUESTIONS(QUESTION)
#undef QUESTION
		QUESTION_NONE, /* it only looks, or another event says it */
};

/* An event has an answer for each of its objects (objects.h), so that nothing is looked for in vain. */
struct answer {
	enum question question;
	char *group; /* the directory of a file, with a slash at its end; else "" */
	char *object; /* a name in the group, an address, or a sentence without its subject */
	char *deed; /* "deletes", "renames to /etc/hosts"; "" where the object is a sentence */
	char *program; /* its path */
	tsem_u64 count;
};

struct review {
	struct answer *answers; /* by question, group, object, deed, program; no two alike */
	size_t count;
};

/* The word of a question for machines, and its title for people. */
const char *question_word(enum question question);
const char *question_title(enum question question);
/* -ENOMEM is the only error. */
int review_make(const struct tsem_set *set, const struct tsem_explainer *explainer, struct review *ret_review);
/* One past the last answer from first on that has the question of first; the same with its group, and with its object. */
size_t review_question_end(const struct review *review, size_t first);
size_t review_group_end(const struct review *review, size_t first);
size_t review_object_end(const struct review *review, size_t first);
void review_deinit(struct review *review);

#endif
