/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "review.h"

#include <errno.h>
#include <string.h>

#include "../../lib/explain/review.h"
#include "../text/html.h"
#include "../text/output.h"
#include "report.h"

#define GROUPS_OPEN 6 /* a question with more directories shows them closed */
#define DOERS_SHOWN 4 /* programs for each deed to one object */

/* ---- as text and JSON ---- */

/* "writes: /usr/bin/redis-server, and 2 more" */
static void name_doers_of(const struct answer *answers, size_t count, struct tsem_buffer *out)
{
	if (*answers->deed)
		tsem_buffer_printf(out, "%s: ", answers->deed);
	for (size_t i = 0; i < count && i < DOERS_SHOWN; i++)
		tsem_buffer_printf(out, "%s%s", i ? ", " : "", answers[i].program);
	if (count > DOERS_SHOWN)
		tsem_buffer_printf(out, ", and %zu more", count - DOERS_SHOWN);
}

/* The deeds to one object, each with its programs. */
static void name_doers(const struct review *review, size_t first, size_t end, struct tsem_buffer *out)
{
	for (size_t i = first, next; i < end; i = next) {
		const struct answer *answer = &review->answers[i];

		for (next = i + 1; next < end && !strcmp(answer->deed, review->answers[next].deed);)
			next++;
		tsem_buffer_printf(out, i > first ? "; " : "");
		name_doers_of(answer, next - i, out);
	}
}

static void print_group(const struct review *review, size_t first, size_t end)
{
	const char *indent = *review->answers[first].group ? "    " : "  ";
	struct tsem_buffer doers = {0};

	if (*review->answers[first].group)
		printf("  %s\n", review->answers[first].group);
	for (size_t i = first, next; i < end; i = next) {
		next = review_object_end(review, i);
		name_doers(review, i, next, &doers);
		printf("%s%s  %s%s%s\n", indent, *review->answers[i].object ? review->answers[i].object : ".",
		       style_begin(stdout, STYLE_FAINT), doers.data ? doers.data : "", style_end(stdout, STYLE_FAINT));
		doers.size = 0;
	}
	tsem_buffer_deinit(&doers);
}

static void print_questions(const struct review *review)
{
	for (size_t i = 0, end; i < review->count;) {
		end = review_question_end(review, i);
		printf("%s%s%s%s\n", i ? "\n" : "", style_begin(stdout, STYLE_STRONG),
		       question_title(review->answers[i].question), style_end(stdout, STYLE_STRONG));
		for (size_t next; i < end; i = next) {
			next = review_group_end(review, i);
			print_group(review, i, next);
		}
	}
}

static void write_answers(const struct review *review)
{
	struct writer writer;
	struct tsem_buffer object = {0};

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (size_t i = 0; i < review->count; i++) {
		const struct answer *answer = &review->answers[i];

		object.size = 0;
		tsem_buffer_printf(&object, "%s%s", answer->group, answer->object);
		writer_open(&writer, NULL, '{');
		writer_string(&writer, "question", question_word(answer->question));
		writer_buffer(&writer, "object", &object);
		if (*answer->deed)
			writer_string(&writer, "deed", answer->deed);
		writer_string(&writer, "program", answer->program);
		writer_number(&writer, "count", answer->count);
		writer_close(&writer, '}');
	}
	writer_close(&writer, ']');
	tsem_buffer_deinit(&object);
}

int review_print(const struct subject *subject, bool json, struct tsem_error *error)
{
	struct tsem_explainer *explainer = subject_explainer(subject);
	struct review review;
	int r = explainer ? review_make(subject->trajectory, explainer, &review) : -ENOMEM;

	tsem_explainer_destroy(explainer);
	if (r)
		return tsem_error_set(error, -r, "out of memory for %zu events", subject->trajectory->count);
	if (json)
		write_answers(&review);
	else
		print_questions(&review);
	review_deinit(&review);
	return 0;
}

/* ---- in the page ---- */

static void add_object(struct report_page *page, const struct review *review, size_t first, size_t end)
{
	struct tsem_buffer doers = {0};

	name_doers(review, first, end, &doers);
	tsem_buffer_printf(page->html, "<tr><td>");
	html_string(page->html, *review->answers[first].object ? review->answers[first].object : ".");
	tsem_buffer_printf(page->html, "</td><td><small>");
	html_take(page->html, &doers);
	tsem_buffer_printf(page->html, "</small></td></tr>\n");
}

/* How many parts there are: objects or groups, by the function that finds the end of one. */
static size_t count_parts(const struct review *review, size_t first, size_t end,
			  size_t (*part_end)(const struct review *, size_t))
{
	size_t count = 0;

	for (size_t i = first; i < end; i = part_end(review, i))
		count++;
	return count;
}

static void add_group(struct report_page *page, const struct review *review, size_t first, size_t end, bool open)
{
	const char *group = review->answers[first].group;

	if (*group) {
		tsem_buffer_printf(page->html, "<details%s><summary><code>", open ? " open" : "");
		html_string(page->html, group);
		tsem_buffer_printf(page->html, "</code> <small>%zu</small></summary>\n",
				   count_parts(review, first, end, review_object_end));
	}
	tsem_buffer_printf(page->html, "<table class=\"answers\">\n");
	for (size_t i = first, next; i < end; i = next) {
		next = review_object_end(review, i);
		add_object(page, review, i, next);
	}
	tsem_buffer_printf(page->html, "</table>%s\n", *group ? "</details>" : "");
}

static void add_question(struct report_page *page, const struct review *review, size_t first, size_t end)
{
	enum question question = review->answers[first].question;
	bool open = count_parts(review, first, end, review_group_end) <= GROUPS_OPEN && question != QUESTION_READS &&
		    question != QUESTION_CODE;

	tsem_buffer_printf(page->html, "<section><h2%s>%s <small>%zu</small></h2>\n",
			   question == QUESTION_SECRETS || question == QUESTION_RIGHTS ? " class=\"secret\"" : "",
			   question_title(question), count_parts(review, first, end, review_object_end));
	for (size_t i = first, next; i < end; i = next) {
		next = review_group_end(review, i);
		add_group(page, review, i, next, open);
	}
	tsem_buffer_printf(page->html, "</section>\n");
}

static void add_calls(struct report_page *page)
{
	const struct tsem_calls *calls = &page->model->calls;
	struct tsem_buffer text = {0};

	if (!calls->known)
		return;
	tsem_buffer_printf(page->html, "<section><h2>System calls <small>%zu</small></h2>\n<p class=\"mono\">",
			   calls->count);
	for (size_t i = 0; i < calls->count; i++) {
		tsem_call_describe(&calls->items[i], &text);
		html_string(page->html, i ? ", " : "");
		html_take(page->html, &text);
	}
	tsem_buffer_printf(page->html, "</p></section>\n");
}

void report_review(struct report_page *page)
{
	struct review review;

	if (review_make(&page->model->set, page->explainer, &review)) {
		page->html->failed = true;
		return;
	}
	for (size_t i = 0, end; i < review.count; i = end) {
		end = review_question_end(&review, i);
		add_question(page, &review, i, end);
	}
	add_calls(page);
	review_deinit(&review);
}
