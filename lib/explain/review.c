/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "review.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../event/codec.h"
#include "describe.h"
#include "secret.h"

enum kind { KIND_FILE, KIND_ADDRESS, KIND_SENTENCE };

static const struct {
	const char *word, *title;
	enum kind kind;
} questions[] = {
#define QUESTION(name, word, title, kind) [QUESTION_##name] = {word, title, KIND_##kind},
	REVIEW_QUESTIONS(QUESTION)
#undef QUESTION
};

const char *question_word(enum question question)
{
	return questions[question].word;
}

const char *question_title(enum question question)
{
	return questions[question].title;
}

static tsem_u64 number_of(const struct tsem_record *record, const char *field)
{
	const struct item *item;
	struct codec codec;

	codec_decode_record(&codec, record);
	item = codec_find(&codec, field);
	return item ? item_number(item) : 0;
}

static bool opens_for_writing(const struct tsem_record *record)
{
	return (number_of(record, "file.flags") & O_ACCMODE) != O_RDONLY;
}

/* By the kernel, to run it: the execution is an event of its own. */
static bool opens_for_execution(const struct tsem_record *record)
{
	return record->event == TSEM_EVENT_file_open && number_of(record, "file.flags") & DESCRIBE_EXECUTION;
}

/* A file that is only mapped for data has been opened before. */
static enum question question_of(const struct tsem_record *record, const char *object)
{
	enum question question = describe_question(record);

	if (question == QUESTION_CODE)
		return number_of(record, "prot") & PROT_EXEC ? QUESTION_CODE : QUESTION_NONE;
	if (question == QUESTION_READS && opens_for_execution(record))
		return QUESTION_NONE;
	if ((question == QUESTION_READS || question == QUESTION_WRITES) && secret_path(object))
		return QUESTION_SECRETS;
	return question == QUESTION_READS && opens_for_writing(record) ? QUESTION_WRITES : question;
}

static void add_deed(const struct tsem_record *record, struct tsem_buffer *out)
{
	const char *verb;
	size_t size = describe_verb(record, &verb);

	if (describe_question(record) == QUESTION_READS)
		tsem_buffer_printf(out, opens_for_writing(record) ? "writes" : "reads");
	else
		tsem_buffer_add(out, verb, size);
}

static char *taken(struct tsem_buffer *buffer)
{
	char *text = buffer->failed ? NULL : strdup(buffer->data ? buffer->data : "");

	tsem_buffer_deinit(buffer);
	*buffer = (struct tsem_buffer){0};
	return text;
}

/* Cuts the directory off the name of a file. */
static char *take_group(enum question question, struct tsem_buffer *object)
{
	const char *slash = object->data && questions[question].kind == KIND_FILE ? strrchr(object->data, '/') : NULL;
	size_t size = slash ? slash - object->data + 1 : 0;
	char *group = strndup(object->data ? object->data : "", size);

	if (group && size) {
		memmove(object->data, object->data + size, object->size - size + 1);
		object->size -= size;
	}
	return group;
}

static void answer_deinit(struct answer *answer)
{
	free(answer->group);
	free(answer->object);
	free(answer->deed);
	free(answer->program);
}

static int make_answer(const struct tsem_entry *entry, const struct tsem_explainer *explainer, struct answer *answer)
{
	struct tsem_buffer object = {0}, deed = {0}, program = {0};

	tsem_record_object(entry->record, &object);
	answer->question = question_of(entry->record, object.data ? object.data : "");
	answer->count = entry->count;
	if (answer->question == QUESTION_NONE) {
		tsem_buffer_deinit(&object);
		return 0;
	}
	if (questions[answer->question].kind == KIND_SENTENCE || !object.size) {
		object.size = 0;
		tsem_explain_deed(explainer, entry->record, &object);
	} else {
		add_deed(entry->record, &deed);
	}
	answer->group = take_group(answer->question, &object);
	answer->object = taken(&object);
	answer->deed = taken(&deed);
	tsem_explain_program(explainer, entry->record, &program);
	answer->program = taken(&program);
	return answer->group && answer->object && answer->deed && answer->program ? 1 : -ENOMEM;
}

static int compare_answers(const void *left, const void *right)
{
	const struct answer *a = left, *b = right;
	int order = (a->question > b->question) - (a->question < b->question);

	order = order ? order : strcmp(a->group, b->group);
	order = order ? order : strcmp(a->object, b->object);
	order = order ? order : strcmp(a->deed, b->deed);
	return order ? order : strcmp(a->program, b->program);
}

static void merge(struct review *review)
{
	size_t kept = 0;

	for (size_t i = 0; i < review->count; i++) {
		struct answer *answer = &review->answers[i];

		if (kept && !compare_answers(&review->answers[kept - 1], answer)) {
			review->answers[kept - 1].count += answer->count;
			answer_deinit(answer);
		} else {
			review->answers[kept++] = *answer;
		}
	}
	review->count = kept;
}

int review_make(const struct tsem_set *set, const struct tsem_explainer *explainer, struct review *ret_review)
{
	struct review review = {.answers = calloc(set->count + 1, sizeof(*review.answers))};
	int r = review.answers ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < set->count; i++) {
		struct answer *answer = &review.answers[review.count];

		r = set->entries[i].record ? make_answer(&set->entries[i], explainer, answer) : 0;
		review.count += r != 0;
	}
	if (r < 0) {
		review_deinit(&review);
		return r;
	}
	qsort(review.answers, review.count, sizeof(*review.answers), compare_answers);
	merge(&review);
	*ret_review = review;
	return 0;
}

static size_t alike_end(const struct review *review, size_t first, unsigned depth)
{
	const struct answer *a = &review->answers[first], *b;
	size_t end = first + 1;

	for (; end < review->count; end++) {
		b = &review->answers[end];
		if (a->question != b->question || (depth > 0 && strcmp(a->group, b->group) != 0) ||
		    (depth > 1 && strcmp(a->object, b->object) != 0))
			break;
	}
	return end;
}

size_t review_question_end(const struct review *review, size_t first)
{
	return alike_end(review, first, 0);
}

size_t review_group_end(const struct review *review, size_t first)
{
	return alike_end(review, first, 1);
}

size_t review_object_end(const struct review *review, size_t first)
{
	return alike_end(review, first, 2);
}

void review_deinit(struct review *review)
{
	for (size_t i = 0; i < review->count; i++)
		answer_deinit(&review->answers[i]);
	free(review->answers);
	*review = (struct review){0};
}
