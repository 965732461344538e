/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Explanations: the program, the action, and the difference from the model. */
#ifndef TSEM_EXPLAIN_H
#define TSEM_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "set.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Knows programs by their TASK_ID, from the exec events that it has learned, and finds the nearest allowed event. The
 * appended text is safe for a terminal, as that of tsem_record_describe.
 */
struct tsem_explainer;

/* allowed: the set of a sealed model, or NULL. It is borrowed, and its exec events are learned. NULL when out of memory. */
struct tsem_explainer *tsem_explainer_create(const struct tsem_set *allowed);
void tsem_explainer_destroy(struct tsem_explainer *explainer);
/*
 * What has no identity yet is not tsem on its way to the workload, but whoever starts programs in this control group:
 * the explanations name it after the group. NULL: it is tsem.
 */
void tsem_explainer_begin(struct tsem_explainer *explainer, const char *group);
/* Whether it is somebody else than tsem. */
bool tsem_explainer_outside(const struct tsem_explainer *explainer);
/*
 * Learns from a record of any event; only exec events add something. It stops learning after a fixed number of
 * programs, so that a workload that keeps starting new ones cannot make it grow for ever. It learns all of a set.
 */
#define TSEM_EXPLAINER_PROGRAMS 65536
void tsem_explainer_learn(struct tsem_explainer *explainer, const struct tsem_record *record);
void tsem_explainer_learn_set(struct tsem_explainer *explainer, const struct tsem_set *set);

/* The acting program: its path, or the name of a process. */
void tsem_explain_program(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out);
/* The program of the parent at fork; nothing when it is not known. */
void tsem_explain_parent(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);
/*
 * The chain of programs, from the first one to the acting one, each followed by a NUL. Returns their number; the first
 * is "tsem" when the beginning is known.
 */
size_t tsem_explain_chain(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out);
/* "does this": tsem_record_describe with programs by their paths. */
void tsem_explain_deed(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out);
/* "PROGRAM, started by PARENT, does this" */
void tsem_explain_action(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);
/* "refused", "let through" or "not in the model, let through" */
void tsem_explain_verdict(const struct tsem_record *record, struct tsem_buffer *out);
/* Why the event could not be modeled; NULL when it could. */
const char *tsem_explain_failure(const struct tsem_record *record);
/* The nearest allowed event of the same kind, NULL when the model has none. */
const struct tsem_record *tsem_explain_nearest(const struct tsem_explainer *explainer,
					       const struct tsem_record *record);
/* The differences of record from the allowed event. */
void tsem_explain_difference(const struct tsem_explainer *explainer, const struct tsem_record *allowed,
			     const struct tsem_record *record, struct tsem_buffer *out);
/*
 * When the record is about the first program of a workload and the model begins with another one: appends a sentence
 * that says so. True when it did.
 */
bool tsem_explain_beginning(const struct tsem_explainer *explainer, const struct tsem_record *record,
			    struct tsem_buffer *out);
/*
 * The reason for the violation, in sentences: the nearest allowed event, or why there is none. Nothing without a model.
 */
void tsem_explain_reason(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);

#ifdef __cplusplus
}
#endif

#endif
