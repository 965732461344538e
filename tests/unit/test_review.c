/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a workload does, by question: each event below the right one, in order, and no two answers alike. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/explain/review.h"
#include "generate.h"
#include "sample.h"
#include "unit.h"

static void add_answers(const struct review *review, struct tsem_buffer *text)
{
	for (size_t i = 0; i < review->count; i++) {
		const struct answer *a = &review->answers[i];

		tsem_buffer_printf(text, "%s: %s|%s %s %s x%llu; ", question_word(a->question), a->group, a->object,
				   a->deed, a->program, a->count);
	}
}

void test_review_order(void)
{
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE];
	struct tsem_set set = {0};
	struct tsem_explainer *explainer;
	struct tsem_buffer text = {};
	struct review review;

	sample_exec(&set, NULL, "/bin/shell", 1, shell);
	sample_exec(&set, shell, "/bin/tool", 2, tool);
	sample_open(&set, shell, tool, "/srv/z", 3);
	sample_open(&set, shell, tool, "/srv/z", 4);
	sample_open(&set, NULL, shell, "/srv/z", 3);
	sample_open(&set, NULL, shell, "/a", 3);
	sample_open(&set, shell, tool, "/etc/shadow", 3);
	explainer = tsem_explainer_create(&set);
	CHECK(!review_make(&set, explainer, &review));
	add_answers(&review, &text);
	CHECK_TEXT(text.data, "secrets: /etc/|shadow reads /bin/tool x1; "
			      "runs: /bin/|shell runs tsem x1; runs: /bin/|tool runs /bin/shell x1; "
			      "reads: /|a reads /bin/shell x1; "
			      "reads: /srv/|z reads /bin/shell x1; reads: /srv/|z reads /bin/tool x2; ");
	CHECK(review_question_end(&review, 0) == 1 && review_question_end(&review, 1) == 3);
	CHECK(review_group_end(&review, 3) == 4 && review_group_end(&review, 4) == 6);
	CHECK(review_object_end(&review, 1) == 2 && review_object_end(&review, 4) == 6);
	review_deinit(&review);
	CHECK(!review.answers && !review.count);
	tsem_buffer_deinit(&text);
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&set);
}

/* Whatever an event holds, it is an answer once, or none. */
void test_review_generated(void)
{
	struct generator generator = {.seed = 7};
	struct tsem_explainer *explainer;
	struct tsem_set set = {0};
	struct review review;
	tsem_u64 counted = 0;
	bool is_new;

	for (unsigned round = 0; round < 20; round++) {
		for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
			struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;
			struct tsem_entry *entry = record ? tsem_set_add(&set, record->coefficient, &is_new) : NULL;

			if (entry && is_new) {
				entry->record = record;
				entry->count = 1;
			} else {
				free(record);
			}
		}
	}
	explainer = tsem_explainer_create(&set);
	CHECK(!review_make(&set, explainer, &review));
	for (size_t i = 0; i < review.count; i++) {
		const struct answer *a = &review.answers[i];

		CHECK(*question_title(a->question) && *a->program && (*a->object || *a->group));
		CHECK(!*a->group || a->group[strlen(a->group) - 1] == '/');
		counted += a->count;
	}
	CHECK(review.count > set.count / 2 && counted <= set.count);
	review_deinit(&review);
	tsem_explainer_destroy(explainer);
	tsem_set_deinit(&set);
}
