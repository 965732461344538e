/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sentence.h"

#include "../../lib/ask/names.h"
#include "../../lib/json/members.h"

void ask_sentence(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out)
{
	tsem_explain_action(explainer, record, out);
}

static const struct tsem_record *first_of(const struct question *q)
{
	return q->events.entries[0].record;
}

static void add_reason(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out)
{
	struct tsem_buffer reason = {};

	tsem_explain_reason(explainer, record, &reason);
	if (reason.size)
		tsem_buffer_printf(out, "      %s\n", reason.data);
	tsem_buffer_deinit(&reason);
}

static void add_event(const struct tsem_explainer *explainer, const struct tsem_record *record, const char *before,
		      struct tsem_buffer *out)
{
	tsem_buffer_printf(out, "%s", before);
	ask_sentence(explainer, record, out);
	tsem_buffer_printf(out, "\n");
}

static void add_answers(bool writes, struct tsem_buffer *out)
{
	static const struct {
		char letter;
		const char *word, *meaning;
	} answers[] = {
#define A(name, letter, word, meaning) {letter, word, meaning},
		ASK_ANSWERS(A)
#undef A
	};

	for (size_t i = 0; i < ASK_ANSWER_COUNT; i++) {
		bool to_model = i == ASK_ALWAYS || i == ASK_NEVER;

		if (writes || !to_model)
			tsem_buffer_printf(out, "      %c  %-7s %s\n", answers[i].letter, answers[i].word,
					   answers[i].meaning);
	}
}

/* A terminal in its usual mode turns \n into a new line. */
void ask_text(const struct tsem_explainer *explainer, const struct question *q, const char *session, tsem_u64 seconds,
	      tsem_u32 options, bool writes, struct tsem_buffer *out)
{
	tsem_buffer_printf(out, "tsem: %s asks, question %llu:\n", session, q->id);
	for (size_t i = 0; i < q->events.count; i++)
		add_event(explainer, q->events.entries[i].record, "      ", out);
	if (q->events.count == 1) {
		ask_names(explainer, first_of(q), out);
		ask_wider(first_of(q), options, out);
		add_reason(explainer, first_of(q), out);
	}
	add_answers(writes, out);
	tsem_buffer_printf(out, "tsem: letter and Enter (refused after %llu s): ", seconds);
}

static void add_member(struct tsem_buffer *out, const char *name, const struct tsem_buffer *text)
{
	tsem_buffer_printf(out, "\"%s\":", name);
	if (!json_put_text(out, text->size ? text->data : "", text->size))
		tsem_buffer_printf(out, "\"\"");
}

static void add_json_event(const struct tsem_explainer *explainer, const struct tsem_record *record,
			   struct tsem_buffer *out)
{
	struct tsem_buffer text = {};

	tsem_buffer_printf(out, "{");
	ask_sentence(explainer, record, &text);
	add_member(out, "sentence", &text);
	text.size = 0;
	tsem_explain_reason(explainer, record, &text);
	tsem_buffer_printf(out, ",");
	add_member(out, "reason", &text);
	tsem_buffer_printf(out, ",\"event\":");
	tsem_record_to_json(record, out);
	tsem_buffer_printf(out, "}");
	tsem_buffer_deinit(&text);
}

void ask_json(const struct tsem_explainer *explainer, const struct question *q, const char *session, tsem_u64 seconds,
	      const struct tsem_buffer *text, struct tsem_buffer *out)
{
	struct tsem_buffer word = {};

	tsem_buffer_printf(out, "{\"question\":%llu,", q->id);
	tsem_buffer_printf(&word, "%s", session);
	add_member(out, "session", &word);
	word.size = 0;
	tsem_explain_program(explainer, first_of(q), &word);
	tsem_buffer_printf(out, ",");
	add_member(out, "program", &word);
	tsem_buffer_printf(out, ",\"seconds\":%llu,\"count\":%zu,", seconds, q->events.count);
	add_member(out, "text", text);
	tsem_buffer_printf(out, ",\"events\":[");
	for (size_t i = 0; i < q->events.count; i++) {
		tsem_buffer_printf(out, i ? "," : "");
		add_json_event(explainer, q->events.entries[i].record, out);
	}
	tsem_buffer_printf(out, "]}\n");
	tsem_buffer_deinit(&word);
}

void ask_json_closed(tsem_u64 id, const char *answer, const char *by, struct tsem_buffer *out)
{
	tsem_buffer_printf(out, "{\"closed\":%llu,\"answer\":\"%s\",\"by\":\"%s\"}\n", id, answer, by);
}
