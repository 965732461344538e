/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The forensics of a session, sorted into violations and what untrusted tasks did after them. */
#ifndef TSEM_CLI_FINDINGS_H
#define TSEM_CLI_FINDINGS_H

#include "../../lib/tsem.h"

#define FINDING_NOBODY ((size_t)-1)

struct findings {
	const struct tsem_set *forensics; /* borrowed */
	/*
	 * For each entry: its own index for a violation; the index of the
	 * violation after which its task, or a parent of it, was untrusted; or
	 * FINDING_NOBODY when that is not known.
	 */
	size_t *leaders;
	/*
	 * For each entry that leads: the first that leads and differs from it only in its object, which is in the same
	 * directory and no secret. Of the others: their own.
	 */
	size_t *likes;
	size_t violations; /* entries that lead */
	size_t refused;    /* entries that were refused */
};

int findings_init(struct findings *findings, const struct tsem_set *forensics, struct tsem_error *error);
void findings_deinit(struct findings *findings);
/* How many entries that lead are like that one, which is the first of them; and how often they were seen. */
size_t findings_alike(const struct findings *findings, size_t first, tsem_u64 *ret_count);
/* How many entries follow the violation (or FINDING_NOBODY), how many of them were refused, and how often all were seen. */
size_t findings_followers(const struct findings *findings, size_t leader, size_t *ret_refused, tsem_u64 *ret_times);
/* So often something was seen that was a violation only because its process was untrusted. */
tsem_u64 findings_consequences(const struct findings *findings);

#endif
