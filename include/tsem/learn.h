/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Learning: what the runs have added, whether the model has converged, and if not, why. */
#ifndef TSEM_LEARN_H
#define TSEM_LEARN_H

#include <stdbool.h>
#include <stddef.h>

#include "explain.h"
#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Adds the events of a run to the model: the coefficients, their counts and, as far as they arrived, their records.
 * ret_fresh: number of new coefficients. ret_failed: number of times that an event could not be modeled.
 */
int tsem_model_learn(struct tsem_model *model, const struct tsem_session *session, tsem_u32 run, size_t *ret_fresh,
		     size_t *ret_failed, struct tsem_error *error);
/*
 * Adds the events of old, which model succeeds with more patterns, that are the same events under the patterns of model,
 * as if seen in the first run; its system calls; and its decisions, but for those that allow other events. -ENOMEM;
 * -E2BIG: together they have more than TSEM_DECISIONS_MAX decisions.
 */
int tsem_model_carry(struct tsem_model *model, const struct tsem_model *old, struct tsem_error *error);

/* A rule for names that are another one in every run, found by comparing the runs of a trajectory (docs/learning.md). */
struct tsem_proposal {
	struct tsem_name_rule rule;
	char example[4096]; /* a name that was seen, whole */
	size_t events; /* of the trajectory that have such a name */
	size_t explained; /* of the changing ones, as below */
};

struct tsem_proposals {
	struct tsem_proposal *rules;
	size_t count;
	size_t changing; /* events first seen in the run since or later */
	size_t explained; /* of these: with the rules, the same as one that was seen before */
	/*
	 * A key for each entry of the set under the rules: equal for events that the rules make equal. Zeros without
	 * record.
	 */
	tsem_u8 (*keys)[TSEM_DIGEST_SIZE];
};

/*
 * seen: in how many runs each entry of the model's set was seen; when NULL, the
 * model says the first and the last. -ENOMEM is the only error.
 */
int tsem_proposals_find(const struct tsem_model *model, const tsem_u32 *seen, tsem_u32 since,
			struct tsem_proposals *ret_proposals);
/*
 * Patterns for names that the workload gave in more than one run and that have
 * the host name or today's date in them, and for paths of devices that it used
 * in more than one run (docs/learning.md). Without keys and counts. -ENOMEM is
 * the only error.
 */
int tsem_proposals_find_local(const struct tsem_model *model, const tsem_u32 *seen,
			      struct tsem_proposals *ret_proposals);
void tsem_proposals_deinit(struct tsem_proposals *proposals);

struct tsem_learning_run {
	tsem_u64 events; /* all, also the repeated */
	size_t fresh; /* new coefficients */
	size_t calls; /* new system calls */
	size_t total; /* in the model after it */
	tsem_u64 failed; /* events that could not be modeled */
	tsem_u64 refused; /* as in every mode */
	tsem_u64 lost; /* events without their description */
	int status; /* of CMD */
};

struct tsem_convergence {
	const struct tsem_model *model; /* borrowed */
	tsem_u32 stable; /* runs without anything new that are asked for */
	tsem_u32 before; /* runs of the model before these */
	struct tsem_learning_run *runs;
	size_t count;
	tsem_u32 *seen; /* in how many runs each entry of the model was seen */
	size_t seen_count;
	struct tsem_set failed; /* the events that could not be modeled */
};

/* Events that keep changing and are one deed: the first of them, and how many. */
struct tsem_change_group {
	size_t entry; /* of the model's set */
	size_t count;
};

/* The findings after the last run; all zeros when the model has converged. */
struct tsem_changes {
	tsem_u32 since; /* the first of the examined runs */
	struct tsem_proposals proposals;
	struct tsem_change_group *groups; /* in the order of their appearance */
	size_t count;
	struct tsem_set earlier; /* the entries of the runs before; the records are the model's */
	struct tsem_explainer *explainer;
};

/* The session has just ended; its events are in the model already. */
int tsem_convergence_take(struct tsem_convergence *convergence, const struct tsem_session *session,
			  const struct tsem_learning_run *run, struct tsem_error *error);
void tsem_convergence_deinit(struct tsem_convergence *convergence);
bool tsem_convergence_reached(const struct tsem_convergence *convergence);
/* How many of the last runs added nothing. */
size_t tsem_convergence_quiet(const struct tsem_convergence *convergence);

enum tsem_converged {
	TSEM_CONVERGED,
	TSEM_CONVERGED_PERHAPS, /* nothing new, but in fewer runs than are asked for */
	TSEM_CONVERGED_NOT,
	TSEM_CONVERGED_UNKNOWN /* there was one run only */
};

struct tsem_convergence_state {
	enum tsem_converged converged;
	size_t quiet; /* how many of the last runs added nothing */
	size_t late; /* number of last runs that are examined, which had: */
	size_t fresh; /* new coefficients */
	size_t calls; /* new system calls */
};

struct tsem_convergence_state tsem_convergence_state(const struct tsem_convergence *convergence);

int tsem_changes_find(const struct tsem_convergence *convergence, struct tsem_changes *ret_changes,
		      struct tsem_error *error);
void tsem_changes_deinit(struct tsem_changes *changes);
/* The two sentences about a group: its action, and the difference from the nearest event of an earlier run. */
void tsem_change_describe(const struct tsem_changes *changes, const struct tsem_convergence *convergence,
			  const struct tsem_change_group *change, struct tsem_buffer *ret_action,
			  struct tsem_buffer *ret_difference);

#ifdef __cplusplus
}
#endif

#endif
