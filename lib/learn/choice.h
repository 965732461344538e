/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which violations of a session become part of its model. */
#ifndef TSEM_LIB_CHOICE_H
#define TSEM_LIB_CHOICE_H

#include "../tsem.h"

struct choice {
	const struct tsem_session *session; /* borrowed */
	struct tsem_findings findings; /* of its forensics */
	bool *chosen; /* by index in the forensics */
	size_t count; /* of those */
};

/* Nothing is chosen. -EINVAL: the session has no model; -ENOENT: it has no violations. */
int choice_init(const struct tsem_session *session, struct choice *ret_choice, struct tsem_error *error);
void choice_deinit(struct choice *choice);

/* Why the violation cannot be chosen; NULL when it can. */
const char *choice_fault(const struct choice *choice, size_t index);
/* Only one without a fault. */
void choice_add(struct choice *choice, size_t index);

/* Each of these chooses only what has no fault, and leaves the others out. */
void choice_add_all(struct choice *choice);
/* TSEM_OPTION_BYPASS bits. */
void choice_add_classes(struct choice *choice, tsem_u32 classes);
/* Events whose object the pattern matches, as a shell matches, where * matches slashes too. */
void choice_add_objects(struct choice *choice, const char *pattern);
/* The violation, and the later ones of the same program on other files of the same directory. */
void choice_add_alike(struct choice *choice, size_t index);
/* Numbers from 1 on, with commas between them. -EINVAL: there is no such violation, or it has a fault. */
int choice_add_numbers(struct choice *choice, const char *list, struct tsem_error *error);

/* Whether its process was untrusted already. */
bool choice_follows(const struct choice *choice, size_t index);
/* How many of all, or of the chosen ones, are such. */
size_t choice_followers(const struct choice *choice, bool chosen);

#endif
