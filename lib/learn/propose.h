/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rules for names that are another one in every run, found by comparing the
 * runs of a trajectory (docs/learning.md).
 */
#ifndef TSEM_LIB_PROPOSE_H
#define TSEM_LIB_PROPOSE_H

#include "../../engine/name_form.h"
#include "../tsem.h"

struct item;

/* Whether rules hold for the item: a path, the name of a UNIX socket, or the target of a symbolic link. */
bool propose_is_path(const struct item *item);
/* Where the first name begins: behind the root, or the NUL of an abstract name. */
size_t propose_first_offset(const char *path);
size_t propose_path_size(const struct item *item);
/* Whether the kernel numbers the item: such items have normalisers of their own. */
bool propose_is_numbered(const struct item *item);

/* Of the rule's start: the directory with its slash, the NUL of an abstract name. The rest is the prefix. */
size_t name_rule_head_size(const struct tsem_name_rule *rule);
/* Whether the component of a path is of the rule's form. */
bool name_rule_matches(const struct tsem_name_rule *rule, const char *component, size_t size);
/* The component of the path that the rule matches: its size, 0 when there is no match. Found as on the kernel side. */
size_t name_rule_find(const struct tsem_name_rule *rule, const char *path, size_t size, size_t *ret_offset);
/* Appends how the component, which the rule is about, is written. */
void name_rule_write(const struct tsem_name_rule *rule, const char *component, size_t size, struct tsem_buffer *buffer);
/* Whether all that rule lets in is let in by other. */
bool name_rule_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other);

/* A component of a path in one event. */
struct varying_name {
	const char *text;
	size_t size;
	tsem_u32 run; /* in which it was first seen */
};

/* Adds a rule, unless another lets its names in as well; no more than limit. The first of the names that it matches is its example. */
bool proposals_add(struct tsem_proposals *found, size_t limit, const struct tsem_name_rule *rule,
		   const struct varying_name *names, size_t count);

/*
 * The rules for some names of one directory, which are sorted and all different: at most limit of them. head is what
 * comes before the names: the directory with its slash, nothing before a relative name, a NUL before an abstract one.
 * Names without a common form have none.
 */
size_t name_rules_guess(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			struct tsem_name_rule *ret_rules, size_t limit);

#endif
