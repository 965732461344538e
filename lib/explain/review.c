/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "review.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "../event/codec.h"
#include "describe.h"
#include "objects.h"

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
	struct codec codec;

	codec_decode_record(&codec, record);
	return codec_number(&codec, field);
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

/* Where a connection or an address is an event of its own, or, with netlink, a capability for whatever it changes. */
static bool socket_is_plain(const struct tsem_record *record)
{
	tsem_u64 family = number_of(record, "family"), type = number_of(record, "type") & 15;

	if (family == AF_UNIX || family == AF_NETLINK)
		return true;
	return (family == AF_INET || family == AF_INET6) &&
	       (type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET);
}

/* A file that is only mapped for data has been opened before. */
static enum question question_of(const struct tsem_record *record)
{
	enum question question = describe_question(record);

	if (question == QUESTION_CODE)
		return number_of(record, "prot") & PROT_EXEC ? QUESTION_CODE : QUESTION_NONE;
	if (question == QUESTION_READS && opens_for_execution(record))
		return QUESTION_NONE;
	if (record->event == TSEM_EVENT_socket_create && socket_is_plain(record))
		return QUESTION_NONE;
	return question == QUESTION_READS && opens_for_writing(record) ? QUESTION_WRITES : question;
}

/* ---- who gets rights ---- */

static bool is_special(const struct tsem_record *record, const char *mode)
{
	return describe_special(number_of(record, mode));
}

static bool changes_special(const struct tsem_record *record)
{
	tsem_u64 valid = number_of(record, "valid"), kind = number_of(record, "dentry.inode.mode") & S_IFMT;

	if (valid & DESCRIBE_SET_MODE && describe_special(kind | (number_of(record, "mode") & 07777)))
		return true;
	return valid & (DESCRIBE_SET_USER | DESCRIBE_SET_GROUP) && (kind == S_IFBLK || kind == S_IFCHR);
}

static bool is_security_attribute(const struct tsem_record *record)
{
	static const char prefix[] = "security.";
	const struct item *name;
	struct codec codec;

	codec_decode_record(&codec, record);
	name = codec_find(&codec, "name");
	return name && name->size >= strlen(prefix) && !memcmp(name->data, prefix, strlen(prefix));
}

/* Whether a file with special rights gets the name, or is exchanged for the file of that name. */
static bool renames_special(const struct tsem_record *record, const char *field)
{
	if (!strcmp(field, "new_dentry"))
		return is_special(record, "old_dentry.inode.mode");
	return number_of(record, "flags") & DESCRIBE_EXCHANGE && is_special(record, "new_dentry.inode.mode");
}

static bool gets_rights(const struct tsem_record *record, const char *field)
{
	switch (record->event) {
	case TSEM_EVENT_inode_create:
	case TSEM_EVENT_inode_mknod:
		return is_special(record, "mode");
	case TSEM_EVENT_inode_setattr:
		return changes_special(record);
	case TSEM_EVENT_inode_setxattr:
	case TSEM_EVENT_inode_removexattr:
		return is_security_attribute(record);
	case TSEM_EVENT_inode_set_acl:
	case TSEM_EVENT_inode_remove_acl:
		return true;
	case TSEM_EVENT_inode_rename:
		return renames_special(record, field);
	case TSEM_EVENT_inode_link:
		return !strcmp(field, "new_dentry") && is_special(record, "old_dentry.inode.mode");
	case TSEM_EVENT_file_open:
		return number_of(record, "file.flags") & DESCRIBE_TMPFILE && is_special(record, "file.inode.mode");
	default:
		return false;
	}
}

/* ---- answers ---- */

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

struct making {
	struct review review;
	size_t capacity;
	const struct tsem_explainer *explainer;
	const struct tsem_entry *entry; /* whose answers are made */
	struct describing describing; /* its record */
};

static struct answer *new_answer(struct making *m)
{
	size_t capacity = m->capacity ? 2 * m->capacity : 256;
	struct answer *answers = m->review.answers;

	if (m->review.count == m->capacity) {
		answers = reallocarray(answers, capacity, sizeof(*answers));
		if (!answers)
			return NULL;
		m->review.answers = answers;
		m->capacity = capacity;
	}
	answers[m->review.count] = (struct answer){};
	return &answers[m->review.count++];
}

/* Empties both buffers. */
static int add_answer(struct making *m, enum question question, struct tsem_buffer *object, struct tsem_buffer *deed)
{
	struct answer *answer = new_answer(m);
	struct tsem_buffer program = {0};

	if (!answer) {
		tsem_buffer_deinit(object);
		tsem_buffer_deinit(deed);
		return -ENOMEM;
	}
	answer->question = question;
	answer->count = m->entry->count;
	answer->group = take_group(question, object);
	answer->object = taken(object);
	answer->deed = taken(deed);
	tsem_explain_program(m->explainer, m->entry->record, &program);
	answer->program = taken(&program);
	return answer->group && answer->object && answer->deed && answer->program ? 0 : -ENOMEM;
}

static int add_sentence(struct making *m, enum question question)
{
	struct tsem_buffer sentence = {0}, deed = {0};

	tsem_explain_deed(m->explainer, m->entry->record, &sentence);
	return add_answer(m, question, &sentence, &deed);
}

static int add_object(struct making *m, enum question question, const struct item *object)
{
	struct tsem_buffer text = {0}, deed = {0};

	m->describing.buffer = &text;
	object_describe(&m->describing, object);
	if (!text.size)
		buffer_text(&text, "(without a name)");
	m->describing.buffer = &deed;
	if (questions[question_of(m->entry->record)].kind == KIND_SENTENCE)
		tsem_explain_deed(m->explainer, m->entry->record, &deed);
	else
		describe_deed(&m->describing, object);
	return add_answer(m, question, &text, &deed);
}

/* Executed files are no secrets: the kernel reads them, and their callers name them. */
static bool may_be_secret(enum question question)
{
	return question != QUESTION_RUNS && question != QUESTION_CODE;
}

static bool is_secret(struct making *m, const struct item *object)
{
	struct tsem_buffer text = {0};
	bool is;

	m->describing.buffer = &text;
	object_describe(&m->describing, object);
	is = text.failed || (text.size && object_secret(&m->describing.codec, object, text.data));
	tsem_buffer_deinit(&text);
	return is;
}

/* A text only leads to a file: it is in the deed or the sentence, and an answer of its own where that is a secret. */
static int answer_object(struct making *m, enum question question, const struct item *object)
{
	const struct tsem_record *record = m->entry->record;
	bool secret = may_be_secret(question) && is_secret(m, object);
	bool rights = gets_rights(record, object_field(&m->describing.codec, object));
	int r = 0;

	if (secret)
		r = add_object(m, QUESTION_SECRETS, object);
	if (object->field->type == FIELD_STR || questions[question].kind == KIND_SENTENCE)
		return r;
	if (r >= 0 && rights)
		r = add_object(m, QUESTION_RIGHTS, object);
	return r >= 0 && !secret && !rights ? add_object(m, question, object) : r;
}

static int answer_options(struct making *m)
{
	struct tsem_buffer text = {0}, deed = {0};
	size_t position = 0;
	int r = 0;

	while (r >= 0 && option_secret(&m->describing.codec, &position, &text)) {
		tsem_explain_deed(m->explainer, m->entry->record, &deed);
		r = add_answer(m, QUESTION_SECRETS, &text, &deed);
	}
	tsem_buffer_deinit(&text);
	return r;
}

static int make_answers(struct making *m, const struct tsem_entry *entry)
{
	enum question question = question_of(entry->record);
	const struct item *object;
	int r = 0;

	if (question == QUESTION_NONE)
		return 0;
	m->entry = entry;
	m->describing = (struct describing){.record = entry->record};
	codec_decode_record(&m->describing.codec, entry->record);
	object = object_next(&m->describing.codec, NULL);
	if (!object || questions[question].kind == KIND_SENTENCE)
		r = add_sentence(m, question);
	for (; r >= 0 && object; object = object_next(&m->describing.codec, object))
		r = answer_object(m, question, object);
	return r < 0 ? r : answer_options(m);
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
	struct making m = {.explainer = explainer};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < set->count; i++)
		r = set->entries[i].record ? make_answers(&m, &set->entries[i]) : 0;
	if (r < 0) {
		review_deinit(&m.review);
		return r;
	}
	if (m.review.count)
		qsort(m.review.answers, m.review.count, sizeof(*m.review.answers), compare_answers);
	merge(&m.review);
	*ret_review = m.review;
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
