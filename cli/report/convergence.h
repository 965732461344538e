/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the runs of tsem learn have added, whether that has come to an end, and if not, why. */
#ifndef TSEM_CLI_CONVERGENCE_H
#define TSEM_CLI_CONVERGENCE_H

#include "../../lib/learn/propose.h"
#include "../../lib/tsem.h"

struct learning_run {
	tsem_u64 events;  /* all, also the repeated */
	size_t fresh;     /* new coefficients */
	size_t calls;     /* new system calls */
	size_t total;     /* in the model after it */
	tsem_u64 failed;  /* events that could not be modeled */
	tsem_u64 refused; /* as in every mode */
	tsem_u64 lost;    /* events without their description */
	int status;	  /* of CMD */
};

struct convergence {
	const struct tsem_model *model; /* borrowed */
	tsem_u32 stable;		/* runs without anything new that are asked for */
	tsem_u32 before;		/* runs of the model before these */
	struct learning_run *runs;
	size_t count;
	tsem_u32 *seen;		/* in how many runs each entry of the model was seen */
	size_t seen_count;
	struct tsem_set failed; /* the events that could not be modeled */
};

/* Events that keep changing and are one deed: the first of them, and how many. */
struct change {
	size_t entry; /* of the model's set */
	size_t count;
};

/* What is known after the last run; all zeros when it has converged. */
struct changes {
	tsem_u32 since; /* the first of the runs that are looked at */
	struct proposals proposals;
	struct change *groups; /* in the order of their appearance */
	size_t count;
	struct tsem_set earlier; /* the entries of the runs before; the records are the model's */
	struct explainer *explainer;
};

int convergence_take(struct convergence *convergence, const struct tsem_session *session, const struct learning_run *run,
		     struct tsem_error *error);
void convergence_deinit(struct convergence *convergence);
bool convergence_reached(const struct convergence *convergence);
/* How many of the last runs added nothing. */
size_t convergence_quiet(const struct convergence *convergence);
/* The sentence: converged, not converged, or not known. */
void convergence_verdict(const struct convergence *convergence, struct tsem_buffer *buffer);
/* log2(1 + number), in sixteenths: the height of a number in the curves. */
unsigned convergence_height(tsem_u64 number);

int changes_find(const struct convergence *convergence, struct changes *ret_changes, struct tsem_error *error);
void changes_deinit(struct changes *changes);
/* The two sentences about a group: what it does, and how that differs from the nearest of an earlier run. */
void change_describe(const struct changes *changes, const struct convergence *convergence, const struct change *change,
		     struct tsem_buffer *ret_action, struct tsem_buffer *ret_difference);

/* On standard error: the curve, the verdict, what keeps changing, the rules that are proposed. */
void convergence_print(const struct convergence *convergence, const struct changes *changes, const struct tsem_buffer *command);

#endif
