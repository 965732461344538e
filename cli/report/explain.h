/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events as sentences. An explainer knows programs by their TASK_ID, from the
 * exec events that it was shown, and finds the nearest allowed event.
 */
#ifndef TSEM_CLI_EXPLAIN_H
#define TSEM_CLI_EXPLAIN_H

#include "../../lib/tsem.h"

struct explainer;

/*
 * allowed: the set of a sealed model, or NULL. It is borrowed, and its exec
 * events are learned. NULL when out of memory.
 */
struct explainer *explainer_create(const struct tsem_set *allowed);
void explainer_destroy(struct explainer *explainer);

/* How many programs it knows. */
size_t explainer_count(const struct explainer *explainer);
/* Shows it a record, of any event. What is not an exec event adds nothing. */
void explainer_learn(struct explainer *explainer, const struct tsem_record *record);
void explainer_learn_set(struct explainer *explainer, const struct tsem_set *set);

/*
 * Appends a violation in full, for one that has just happened: the sentence
 * and, in a second line that begins with four spaces, the nearest allowed
 * event. No newline at the end.
 */
void explain_record(const struct explainer *explainer, const struct tsem_record *record,
		    struct tsem_buffer *out);

/*
 * When the record is about the first program of a workload and the model begins with another one: appends a sentence
 * that says so. True when it did.
 */
bool explain_beginning(const struct explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out);

/* The same, and how often and when: what tsem why prints. The first without the line of the nearest. */
void explain_sentence(const struct explainer *explainer, const struct tsem_entry *entry,
		      struct tsem_buffer *out);
void explain_entry(const struct explainer *explainer, const struct tsem_entry *entry,
		   struct tsem_buffer *out);

/* The pieces. Who acts: the path of a program, or a process by its name. */
void explain_program(const struct explainer *explainer, const struct tsem_record *record,
		     struct tsem_buffer *out);
/* The program of the parent at fork; nothing when it is not known. */
void explain_parent(const struct explainer *explainer, const struct tsem_record *record,
		    struct tsem_buffer *out);
/*
 * The programs by which it came to the event, from the first one to who acts,
 * each with a NUL behind it. Returns their number; the first is "tsem" when the
 * beginning is known.
 */
size_t explain_chain(const struct explainer *explainer, const struct tsem_record *record,
		     struct tsem_buffer *out);
/* "does this" */
void explain_deed(const struct explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out);
/* "PROGRAM, started by PARENT, does this" */
void explain_action(const struct explainer *explainer, const struct tsem_record *record,
		    struct tsem_buffer *out);
/* Why the event could not be modeled; NULL when it could. */
const char *explain_failure(const struct tsem_record *record);
/* The nearest allowed event of the same kind, NULL when the model has none. */
const struct tsem_record *explain_nearest(const struct explainer *explainer,
					  const struct tsem_record *record);
/* In what record differs from the allowed event. */
void explain_difference(const struct explainer *explainer, const struct tsem_record *allowed,
			const struct tsem_record *record, struct tsem_buffer *out);

#endif
