/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings: the forensics of a session, sorted into violations and the later events of untrusted tasks. */
#ifndef TSEM_FINDING_H
#define TSEM_FINDING_H

#include <stddef.h>

#include "set.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TSEM_FINDING_NOBODY ((size_t)-1)

struct tsem_findings {
	const struct tsem_set *forensics; /* borrowed */
	/*
	 * For each entry: its own index for a violation; the index of the
	 * violation after which its task, or a parent of it, was untrusted; or
	 * TSEM_FINDING_NOBODY when that is not known.
	 */
	size_t *leaders;
	/*
	 * For each entry that leads: the first that leads and differs from it only in its object, which is in the same
	 * directory and no secret. Of the others: their own.
	 */
	size_t *likes;
	size_t violations; /* entries that lead */
	size_t refused; /* entries that were refused */
};

int tsem_findings_init(struct tsem_findings *findings, const struct tsem_set *forensics, struct tsem_error *error);
void tsem_findings_deinit(struct tsem_findings *findings);
/* How many entries that lead are like that one, which is the first of them; and how often they were seen. */
size_t tsem_findings_alike(const struct tsem_findings *findings, size_t first, tsem_u64 *ret_count);
/*
 * How many entries follow the violation (or TSEM_FINDING_NOBODY), how many of them were refused, and how often all were
 * seen.
 */
size_t tsem_findings_followers(const struct tsem_findings *findings, size_t leader, size_t *ret_refused,
			       tsem_u64 *ret_times);
/* So often something was seen that was a violation only because its process was untrusted. */
tsem_u64 tsem_findings_consequences(const struct tsem_findings *findings);

#ifdef __cplusplus
}
#endif

#endif
