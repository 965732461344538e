/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Explanations: who did what, and what of it the model lacks. */
#ifndef TSEM_EXPLAIN_H
#define TSEM_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "set.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Knows programs by their TASK_ID, from the exec events that it was shown, and finds the nearest allowed event. What
 * it appends is as tsem_record_describe has it: safe for a terminal.
 */
struct tsem_explainer;

/* allowed: the set of a sealed model, or NULL. It is borrowed, and its exec events are learned. NULL when out of memory. */
struct tsem_explainer *tsem_explainer_create(const struct tsem_set *allowed);
void tsem_explainer_destroy(struct tsem_explainer *explainer);
/*
 * Shows it a record, of any event. What is not an exec event adds nothing; nor does one behind the first so many programs,
 * so that who starts new ones for ever does not make it grow for ever. Of a set it learns all.
 */
#define TSEM_EXPLAINER_PROGRAMS 65536
void tsem_explainer_learn(struct tsem_explainer *explainer, const struct tsem_record *record);
void tsem_explainer_learn_set(struct tsem_explainer *explainer, const struct tsem_set *set);

/* Who acts: the path of a program, or a process by its name. */
void tsem_explain_program(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out);
/* The program of the parent at fork; nothing when it is not known. */
void tsem_explain_parent(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);
/*
 * The programs by which it came to the event, from the first one to who acts, each with a NUL behind it. Returns their
 * number; the first is "tsem" when the beginning is known.
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
/* In what record differs from the allowed event. */
void tsem_explain_difference(const struct tsem_explainer *explainer, const struct tsem_record *allowed,
			     const struct tsem_record *record, struct tsem_buffer *out);
/*
 * When the record is about the first program of a workload and the model begins with another one: appends a sentence
 * that says so. True when it did.
 */
bool tsem_explain_beginning(const struct tsem_explainer *explainer, const struct tsem_record *record,
			    struct tsem_buffer *out);
/* Why it is a violation, in sentences: the nearest allowed event, or why there is none. Nothing without a model. */
void tsem_explain_reason(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);

#ifdef __cplusplus
}
#endif

#endif
