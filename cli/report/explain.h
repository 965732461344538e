/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Violations as tsem run, tsem why and tsem model learn-from print them. */
#ifndef TSEM_CLI_EXPLAIN_H
#define TSEM_CLI_EXPLAIN_H

#include "../../lib/tsem.h"

/* Who starts the programs of the session, for its explanations. The explainer may be NULL. */
void explain_origin(struct tsem_explainer *explainer, const char *session);

/*
 * Appends a violation in full, for one that has just happened: the sentence
 * and, in a second line that begins with four spaces, why it is one. No newline
 * at the end.
 */
void explain_record(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out);

/*
 * When the record is about the first program of a workload and the model begins with another one: appends sentences
 * that say so, and what to do. True if it appended any.
 */
bool explain_beginning(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out);

/* The same, and how often and when. The first without the second line. */
void explain_sentence(const struct tsem_explainer *explainer, const struct tsem_entry *entry, struct tsem_buffer *out);
void explain_entry(const struct tsem_explainer *explainer, const struct tsem_entry *entry, struct tsem_buffer *out);

#endif
