/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which violations of a session become part of its model. */
#ifndef TSEM_LIB_SELECTION_H
#define TSEM_LIB_SELECTION_H

#include "../tsem.h"

struct selection {
	const struct tsem_session *session; /* borrowed */
	struct tsem_findings findings; /* of its forensics */
	bool *chosen; /* by index in the forensics */
	size_t count; /* of those */
};

/* Nothing is chosen. -EINVAL: the session has no model; -ENOENT: it has no violations. */
int selection_init(const struct tsem_session *session, struct selection *ret_selection, struct tsem_error *error);
void selection_deinit(struct selection *selection);

/* Why the violation cannot be chosen; NULL when it can. */
const char *selection_fault(const struct selection *selection, size_t index);
/* Only one without a fault. */
void selection_add(struct selection *selection, size_t index);

/* Each of these chooses only violations without a fault, and leaves the others out. */
void selection_add_all(struct selection *selection);
/* TSEM_OPTION_BYPASS bits. */
void selection_add_classes(struct selection *selection, tsem_u32 classes);
/* Events whose object the pattern matches, as a shell matches, where * matches slashes too. */
void selection_add_objects(struct selection *selection, const char *pattern);
/* The violation, and the later ones of the same program on other files of the same directory. */
void selection_add_alike(struct selection *selection, size_t index);
/* Numbers from 1 on, with commas between them. -EINVAL: there is no such violation, or it has a fault. */
int selection_add_numbers(struct selection *selection, const char *list, struct tsem_error *error);

/* Whether its process was untrusted already. */
bool selection_follows(const struct selection *selection, size_t index);
/* How many of all, or of the chosen ones, are such. */
size_t selection_followers(const struct selection *selection, bool chosen);

#endif
