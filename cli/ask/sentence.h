/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Questions in words, and as JSON for front ends. All of it is safe for a terminal. */
#ifndef TSEM_CLI_ASK_SENTENCE_H
#define TSEM_CLI_ASK_SENTENCE_H

#include "../../lib/ask/asker.h"

/* "git, started by bash, opens /etc/passwd for reading" */
void ask_sentence(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out);
/* The whole question as a terminal shows it, with the letters of the answers; it ends where the answer is typed. options: of the model. */
void ask_text(const struct tsem_explainer *explainer, const struct question *question, const char *session,
	      tsem_u64 seconds, tsem_u32 options, bool writes, struct tsem_buffer *out);
/* One line of JSON, with a newline; text: of ask_text. */
void ask_json(const struct tsem_explainer *explainer, const struct question *question, const char *session,
	      tsem_u64 seconds, const struct tsem_buffer *text, struct tsem_buffer *out);
/* The same for the end of a question. */
void ask_json_closed(tsem_u64 id, const char *answer, const char *by, struct tsem_buffer *out);

#endif
