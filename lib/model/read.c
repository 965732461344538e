/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads model files. It refuses anything that model.c would not write, with the line and the reason: a guessed model
 * protects nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../event/codec.h"
#include "../event/digest.h"
#include "../json/dsse.h"
#include "model.h"

#define MAGIC "tsem-model "
#define DECISION_SIZE 93 /* the shortest line, with its newline */
#define END_SIZE (4 + 2 * TSEM_DIGEST_SIZE + 1) /* "end ", digest, newline */

struct reading {
	const char *at, *end; /* the unread part, up to the line "end" */
	const char *line; /* the present one, without its newline */
	size_t size;
	size_t number; /* of the present line, from 1 */
	const char *name; /* of the file */
	struct tsem_error *error;
	struct tsem_model *model;
	size_t decided; /* the line of the first decision */
};

static int refuse_line(const struct reading *reading, const char *reason)
{
	return tsem_error_set(reading->error, EBADMSG, "model %s, line %zu: %s", reading->name, reading->number,
			      reason);
}

static int refuse_file(const struct reading *reading, const char *reason)
{
	return tsem_error_set(reading->error, EBADMSG, "model %s: %s", reading->name, reason);
}

/* False at the end. The end of the last line is known to be there. */
static bool next_line(struct reading *reading)
{
	const char *newline = reading->at < reading->end ? memchr(reading->at, '\n', reading->end - reading->at) : NULL;

	reading->number++;
	if (!newline)
		return false;
	reading->line = reading->at;
	reading->size = newline - reading->at;
	reading->at = newline + 1;
	return true;
}

/* Whether the line that comes next begins so. */
static bool next_is(const struct reading *reading, const char *key)
{
	size_t size = strlen(key);

	return (size_t)(reading->end - reading->at) >= size && !memcmp(reading->at, key, size);
}

/*
 * A decimal number in its only valid spelling, at the beginning of the text. Returns the bytes taken, 0 when there is
 * no number.
 */
static size_t parse_number(const char *text, size_t size, tsem_u64 *ret_number)
{
	tsem_u64 number = 0;
	size_t i = 0;

	for (; i < size && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, text[i] - '0', &number))
			return 0;
	if (!i || (i > 1 && text[0] == '0'))
		return 0;
	*ret_number = number;
	return i;
}

/* The next line has to be "key value"; points to the value. */
static int read_key(struct reading *reading, const char *key, const char **ret_value, size_t *ret_size)
{
	size_t size = strlen(key);
	char reason[64];

	snprintf(reason, sizeof(reason), "\"%s\" is expected here", key);
	if (!next_line(reading) || reading->size <= size || memcmp(reading->line, key, size) ||
	    reading->line[size] != ' ')
		return refuse_line(reading, reason);
	*ret_value = reading->line + size + 1;
	*ret_size = reading->size - size - 1;
	return 0;
}

static int read_digest(struct reading *reading)
{
	const char *value;
	size_t size;
	int result = read_key(reading, "digest", &value, &size);

	if (result < 0)
		return result;
	return size == 6 && !memcmp(value, "sha256", 6) ? 0 : refuse_line(reading, "digest is not sha256");
}

static int read_count(struct reading *reading, const char *key, tsem_u64 limit, tsem_u64 *ret_count)
{
	const char *value;
	tsem_u64 count;
	size_t size;
	int result = read_key(reading, key, &value, &size);

	if (result < 0)
		return result;
	if (!size || parse_number(value, size, &count) != size)
		return refuse_line(reading, "this is not a decimal number");
	if (count > limit)
		return refuse_line(reading, "this is more than the file can hold");
	*ret_count = count;
	return 0;
}

static int read_name(struct reading *reading)
{
	const char *value, *fault;
	char name[TSEM_NAME_MAX] = "";
	size_t size;
	int result = read_key(reading, "name", &value, &size);

	if (result < 0)
		return result;
	if (size < sizeof(name))
		memcpy(name, value, size);
	fault = size < sizeof(name) ? model_name_fault(name) : "is longer than 63 bytes";
	if (fault)
		return tsem_error_set(reading->error, EBADMSG, "model %s, line %zu: the name %s", reading->name,
				      reading->number, fault);
	reading->model = tsem_model_create(name, 0);
	return reading->model ? 0 : refuse_line(reading, "out of memory");
}

static int refuse_word(struct reading *reading, const struct tsem_option *option)
{
	struct tsem_buffer reason = {};
	const char *before = "";
	int result;

	if (option->list)
		return refuse_line(reading, "there is a word in this list that is not known here, or twice");
	tsem_buffer_printf(&reason, "%s is not ", option->key);
	for (const struct tsem_word *word = option->words; word->word; word++) {
		if (!option->always && !word->value)
			continue;
		tsem_buffer_printf(&reason, "%s%s", before, word->word);
		before = " or ";
	}
	result = refuse_line(reading, reason.failed ? "out of memory" : reason.data);
	tsem_buffer_deinit(&reason);
	return result;
}

/* Only one spelling, as everywhere in the file: a list is in the library's order, and defaults are not written. */
static int read_option(struct reading *reading, const struct tsem_option *option, tsem_u32 *options)
{
	struct tsem_buffer again = {};
	const char *value;
	tsem_u32 given = 0;
	size_t size;
	bool same;
	int result;

	if (!option->always && !next_is(reading, option->key))
		return 0;
	result = read_key(reading, option->key, &value, &size);
	if (result < 0)
		return result;
	if (tsem_option_parse(option, value, size, &given) || (!given && !option->always))
		return refuse_word(reading, option);
	tsem_option_format(option, given, &again);
	same = again.size == size && !memcmp(again.data, value, size);
	tsem_buffer_deinit(&again);
	*options |= given;
	return same ? 0 : refuse_line(reading, "the words of this list are not in their order");
}

static int read_patterns(struct reading *reading)
{
	struct tsem_error fault = {};
	struct tsem_name_rule rule;
	const char *value;
	size_t size;
	int result = 0;

	while (!result && next_is(reading, "pattern ")) {
		result = read_key(reading, "pattern", &value, &size);
		if (!result && tsem_pattern_parse(value, size, &rule, &fault))
			return refuse_line(reading, fault.text);
		if (!result && tsem_model_add_pattern(reading->model, &rule))
			return refuse_line(reading, "this pattern is there twice, or there are too many");
	}
	return result;
}

/* Paths ascend, so that none is there twice and there is one order. */
static int read_pseudonym(struct reading *reading)
{
	struct tsem_model *model = reading->model;
	char path[TSEM_PSEUDONYM_PATH];
	const char *value;
	size_t size;
	int result = read_key(reading, "pseudonym", &value, &size);

	if (result < 0)
		return result;
	if (!model_unescape(value, size, false, path, sizeof(path)) || tsem_pseudonym_fault(path))
		return refuse_line(reading, "this is not the path of a file that can have a pseudonym");
	if (model->pseudonym_count && strcmp(model->pseudonyms[model->pseudonym_count - 1], path) >= 0)
		return refuse_line(reading, "the pseudonyms are not in ascending order");
	result = tsem_model_add_pseudonym(model, path, NULL);
	return result < 0 ? refuse_line(reading, "out of memory") : 0;
}

/* Paths ascend, so that none is there twice and there is one order. */
static int read_tree(struct reading *reading)
{
	struct tsem_model *model = reading->model;
	size_t size, count = model->tree_count;
	char text[PATH_MAX + sizeof(":rwx")];
	struct tsem_error fault = {};
	const char *value;
	int result = read_key(reading, "tree", &value, &size);

	if (result < 0)
		return result;
	if (!model_unescape(value, size, false, text, sizeof(text)))
		return refuse_line(reading, "this is not the path of a tree and its rights");
	if (tsem_model_add_tree(model, text, &fault))
		return refuse_line(reading, fault.text);
	*strrchr(text, ':') = 0;
	return model->tree_count > count && !strcmp(model->trees[count].path, text) ?
		       0 :
		       refuse_line(reading, "the trees are not in ascending order");
}

/* NAME RUNS STATE: the name may hold spaces, the other two may not. */
static int read_source(struct reading *reading)
{
	struct tsem_source source = {0};
	const char *value, *end, *number;
	tsem_u64 runs;
	size_t size, digits;
	int result = read_key(reading, "source", &value, &size);

	if (result < 0)
		return result;
	end = size > 2 * TSEM_DIGEST_SIZE ? value + size - 2 * TSEM_DIGEST_SIZE - 1 : NULL;
	if (!end || *end != ' ' || !digest_parse(end + 1, source.state))
		return refuse_line(reading, "a source ends in a digest of 64 lower-case hexadecimal digits");
	number = memrchr(value, ' ', end - value);
	digits = number ? end - number - 1 : 0;
	if (!digits || parse_number(number + 1, digits, &runs) != digits || runs > 0xffffffff)
		return refuse_line(reading, "the runs of the source are expected before its digest");
	if ((size_t)(number - value) < sizeof(source.name))
		memcpy(source.name, value, number - value);
	if (model_name_fault(source.name))
		return refuse_line(reading, "this is not the name of a model");
	source.runs = runs;
	return model_add_source(reading->model, &source) ? 0 : refuse_line(reading, "out of memory");
}

/* Sizes ascend, so that none is there twice and there is one order. */
static int read_large(struct reading *reading)
{
	struct tsem_sizes *large = &reading->model->large;
	tsem_u64 size;
	int result = read_count(reading, "large", ~0ull, &size);

	if (result < 0)
		return result;
	if (!tsem_size_counts(size))
		return refuse_line(reading, "this is not the size of a large content: more than 16 MiB, at most 1 GiB");
	if (large->count && large->items[large->count - 1] >= size)
		return refuse_line(reading, "the sizes of large contents are not in ascending order");
	return tsem_sizes_add(large, size) < 0 ? refuse_line(reading, "out of memory") : 0;
}

static int read_call(struct reading *reading)
{
	struct tsem_calls *calls = &reading->model->calls;
	const struct tsem_call *last = calls->count ? &calls->items[calls->count - 1] : NULL;
	struct tsem_call call;
	int order = -1;

	if (!next_line(reading))
		return refuse_line(reading, "there are fewer system calls than stated");
	if (!tsem_call_parse(reading->line, reading->size, &call))
		return refuse_line(reading, "this is not a system call that can be in a model");
	if (last)
		order = strcmp(last->entry, call.entry);
	if (order > 0 || (!order && last->argument > call.argument))
		return refuse_line(reading, "the system calls are not in ascending order");
	order = tsem_calls_add(calls, call.entry, call.argument);
	return order < 0 ? refuse_line(reading, "out of memory") :
	       order	 ? 0 :
			   refuse_line(reading, "this system call is there twice");
}

/* The line may be missing: of an older model, and where nothing is known. */
static int read_calls(struct reading *reading)
{
	tsem_u64 count;
	int result;

	if (!next_is(reading, "syscalls "))
		return 0;
	result = read_count(reading, "syscalls", (reading->end - reading->at) / 3, &count);
	reading->model->calls.known = !result;
	for (tsem_u64 i = 0; !result && i < count; i++)
		result = read_call(reading);
	return result;
}

/* What is up to the next blank at *at, or to the end; moves after the blank. */
static size_t take_word(const struct reading *reading, size_t *at, const char **ret_word)
{
	const char *word = reading->line + *at, *blank = memchr(word, ' ', reading->size - *at);
	size_t size = blank ? (size_t)(blank - word) : reading->size - *at;

	*ret_word = word;
	*at += size + (blank != NULL);
	return size;
}

static bool take_verdict(const struct reading *reading, size_t *at, bool *ret_allow)
{
	const char *word;
	size_t size = take_word(reading, at, &word);

	*ret_allow = size == 5 && !memcmp(word, "allow", 5);
	return *ret_allow || (size == 4 && !memcmp(word, "deny", 4));
}

/* To the letter as tsem_time_format() writes it. */
static bool take_time(const struct reading *reading, size_t *at, tsem_u64 *ret_seconds)
{
	char text[TSEM_TIME_SIZE] = "", again[TSEM_TIME_SIZE];
	const char *word;

	if (take_word(reading, at, &word) != sizeof(text) - 1)
		return false;
	memcpy(text, word, sizeof(text) - 1);
	if (tsem_time_parse(text, 0, ret_seconds, NULL))
		return false;
	tsem_time_format(*ret_seconds, again);
	return !strcmp(text, again);
}

static bool take_key(const struct reading *reading, size_t *at, tsem_u8 *ret_key)
{
	const char *word;

	return take_word(reading, at, &word) == 2 * TSEM_DIGEST_SIZE && digest_parse(word, ret_key);
}

static bool take_who(const struct reading *reading, size_t *at, char *ret_who)
{
	const char *word;
	size_t size = take_word(reading, at, &word);

	return size && model_unescape(word, size, false, ret_who, TSEM_DECISION_WHO) && !strchr(ret_who, ' ');
}

/* Without a text there is no blank before it. */
static bool take_why(const struct reading *reading, size_t at, char *ret_why)
{
	size_t size = reading->size - at;

	return (size || reading->line[at - 1] != ' ') &&
	       model_unescape(reading->line + at, size, true, ret_why, TSEM_DECISION_WHY);
}

static int add_decision(struct reading *reading, const struct tsem_decision *decision)
{
	struct tsem_model *model = reading->model;
	size_t count = model->decision_count;
	int order = count ? decision_order(&model->decisions[count - 1], decision) : -1;

	if (order > 0)
		return refuse_line(reading, "the decisions are not in ascending order");
	if (!order)
		return refuse_line(reading, "this decision is there twice");
	return model_add_decision(model, decision) ? refuse_line(reading, "out of memory") : 0;
}

/* VERDICT TIME KEY WHO WHY */
static int read_decision(struct reading *reading)
{
	char who[TSEM_DECISION_WHO], why[TSEM_DECISION_WHY];
	struct tsem_decision decision = {.who = who, .why = why};
	size_t at = 0;

	if (!next_line(reading))
		return refuse_line(reading, "there are fewer decisions than stated");
	if (!take_verdict(reading, &at, &decision.allow))
		return refuse_line(reading, "a decision that begins with \"allow\" or \"deny\" is expected here");
	if (!take_time(reading, &at, &decision.time))
		return refuse_line(reading, "the time of the decision is expected here, like 2026-11-28T19:00:00Z");
	if (!take_key(reading, &at, decision.key))
		return refuse_line(reading, "64 lower-case hexadecimal digits are expected after the time");
	if (!take_who(reading, &at, who))
		return refuse_line(reading, "who decided is expected here, in 1 to 63 bytes without blanks");
	if (!take_why(reading, at, why))
		return refuse_line(reading, "this is not the text of a decision, of at most 1023 bytes");
	return add_decision(reading, &decision);
}

/* The line may be missing. */
static int read_decisions(struct reading *reading)
{
	tsem_u64 count;
	int result;

	if (!next_is(reading, "decisions "))
		return 0;
	result = read_count(reading, "decisions", (reading->end - reading->at) / DECISION_SIZE, &count);
	if (!result && !count)
		return refuse_line(reading, "an empty list of decisions is left out");
	if (!result && count > TSEM_DECISIONS_MAX)
		return refuse_line(reading, "a model has at most 65536 decisions");
	reading->decided = reading->number + 1;
	for (tsem_u64 i = 0; !result && i < count; i++)
		result = read_decision(reading);
	return result;
}

/* The coefficients come after the decisions that allow them. */
static int check_decisions(struct reading *reading)
{
	const struct tsem_model *model = reading->model;

	for (size_t i = 0; i < model->decision_count; i++) {
		if (!model->decisions[i].allow || tsem_set_find(&model->set, model->decisions[i].key))
			continue;
		reading->number = reading->decided + i;
		return refuse_line(reading, "the coefficient that this decision allows is not in the model");
	}
	return 0;
}

/* The line may be missing. */
static int read_action(struct reading *reading)
{
	struct tsem_model *model = reading->model;
	const char *value;
	size_t size;
	int result;

	if (!next_is(reading, "on-violation "))
		return 0;
	result = read_key(reading, "on-violation", &value, &size);
	if (result < 0)
		return result;
	model->has_action = !tsem_action_parse(value, size, &model->action);
	return model->has_action ? 0 : refuse_line(reading, "this is not an action that is known here");
}

static int read_head(struct reading *reading)
{
	const struct tsem_option *option;
	tsem_u32 options = 0;
	tsem_u64 runs;
	int result;

	next_line(reading); /* the version, which was already checked */
	result = read_name(reading);
	if (!result)
		result = read_digest(reading);
	for (unsigned i = 0; !result && (option = tsem_option_at(i)); i++)
		result = read_option(reading, option, &options);
	if (!result)
		result = read_patterns(reading);
	while (!result && next_is(reading, "pseudonym "))
		result = read_pseudonym(reading);
	while (!result && next_is(reading, "tree "))
		result = read_tree(reading);
	if (!result)
		result = read_action(reading);
	if (!result)
		result = read_count(reading, "runs", 0xffffffff, &runs);
	while (!result && next_is(reading, "source "))
		result = read_source(reading);
	while (!result && next_is(reading, "large "))
		result = read_large(reading);
	if (!result)
		result = read_calls(reading);
	if (!result)
		result = read_decisions(reading);
	if (result < 0)
		return result;
	reading->model->options |= options;
	reading->model->runs = runs;
	return 0;
}

static int read_coefficient(struct reading *reading, const tsem_u8 *previous, tsem_u8 *ret_digest)
{
	bool new;

	if (!next_line(reading))
		return refuse_line(reading, "there are fewer coefficients than stated");
	if (reading->size != 2 * TSEM_DIGEST_SIZE || !digest_parse(reading->line, ret_digest))
		return refuse_line(reading, "this is not a coefficient of 64 lower-case hexadecimal digits");
	if (previous && memcmp(previous, ret_digest, TSEM_DIGEST_SIZE) >= 0)
		return refuse_line(reading, memcmp(previous, ret_digest, TSEM_DIGEST_SIZE) ?
						    "the coefficients are not in ascending order" :
						    "this coefficient is there twice");
	if (!tsem_set_add(&reading->model->set, ret_digest, &new))
		return refuse_line(reading, "out of memory");
	return 0;
}

static int read_coefficients(struct reading *reading)
{
	tsem_u8 digests[2][TSEM_DIGEST_SIZE];
	tsem_u64 count;
	int result;

	result = read_count(reading, "coefficients", (reading->end - reading->at) / (2 * TSEM_DIGEST_SIZE + 1), &count);
	for (tsem_u64 i = 0; !result && i < count; i++)
		result = read_coefficient(reading, i ? digests[~i & 1] : NULL, digests[i & 1]);
	return result;
}

static int attach_record(struct reading *reading, struct tsem_record *record, const struct tsem_entry *seen)
{
	struct tsem_entry *entry = tsem_set_find(&reading->model->set, record->coefficient);
	const char *fault = model_record_fault(record, record->coefficient);

	if (fault) {
		tsem_error_set(reading->error, EBADMSG, "model %s, line %zu: the event %s", reading->name,
			       reading->number, fault);
		return -EBADMSG;
	}
	if (!entry)
		return refuse_line(reading, "the event's coefficient is not in the model");
	if (entry->record)
		return refuse_line(reading, "this event is there twice");
	entry->number = seen->number;
	entry->count = seen->count;
	entry->run = seen->run;
	entry->last = seen->last;
	entry->record = record;
	return 0;
}

/* A number and a space at *at; moves after them. */
static bool take_number(const struct reading *reading, size_t *at, tsem_u64 *ret_number)
{
	size_t size = parse_number(reading->line + *at, reading->size - *at, ret_number);

	if (!size || *at + size == reading->size || reading->line[*at + size] != ' ')
		return false;
	*at += size + 1;
	return true;
}

/* COUNT FIRST LAST JSON */
static int read_event(struct reading *reading, tsem_u64 number)
{
	struct tsem_entry seen = {.number = number};
	struct tsem_record *record;
	tsem_u64 first = 0, last = 0;
	size_t at = 0;
	int result;

	if (!next_line(reading))
		return refuse_line(reading, "there are fewer events than stated");
	if (!take_number(reading, &at, &seen.count))
		return refuse_line(reading, "the number of times the event was seen is expected here");
	if (!take_number(reading, &at, &first) || first > reading->model->runs)
		return refuse_line(reading, "the run in which the event was first seen is expected here");
	if (!take_number(reading, &at, &last) || last > reading->model->runs || last < first || !first != !last)
		return refuse_line(reading, "the run in which the event was last seen is expected here");
	seen.run = first;
	seen.last = last;
	result = tsem_record_from_json(reading->line + at, reading->size - at, &record, reading->error);
	if (result < 0) {
		tsem_error_wrap(reading->error, "model %s, line %zu", reading->name, reading->number);
		return result;
	}
	result = attach_record(reading, record, &seen);
	if (result < 0)
		free(record);
	return result;
}

static int read_trajectory(struct reading *reading)
{
	tsem_u64 count;
	int result;

	if (reading->at == reading->end)
		return 0;
	result = read_count(reading, "trajectory", reading->model->set.count, &count);
	if (!result && !count)
		return refuse_line(reading, "an empty trajectory is left out");
	for (tsem_u64 i = 1; !result && i <= count; i++)
		result = read_event(reading, i);
	if (!result && reading->at < reading->end) {
		reading->number++;
		return refuse_line(reading, "there are more lines than stated");
	}
	return result;
}

/* Whether the text begins a model file of this version. */
static int check_version(const struct reading *reading, const char *bytes, size_t size)
{
	static const char expected[] = MAGIC "1\n";
	size_t magic = strlen(MAGIC), compared = size < magic ? size : magic;

	if (!size)
		return refuse_file(reading, "the file is empty");
	if (memcmp(bytes, MAGIC, compared) != 0)
		return refuse_file(reading, "this is not a model: the first line has to be \"tsem-model 1\"");
	if (size < strlen(expected))
		return refuse_file(reading, "the file is truncated");
	if (memcmp(bytes, expected, strlen(expected)) != 0)
		return refuse_file(reading, "this is a model of another version, this program reads version 1");
	return 0;
}

static bool is_end(const char *text, size_t size, tsem_u8 *ret_digest)
{
	return size >= END_SIZE && !memcmp(text, "end ", 4) && text[END_SIZE - 1] == '\n' &&
	       digest_parse(text + 4, ret_digest);
}

static bool digest_matches(const char *bytes, size_t size, const tsem_u8 *expected)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	digest_bytes(bytes, size, digest);
	return !memcmp(digest, expected, TSEM_DIGEST_SIZE);
}

/* The file does not end in a line "end". Says whether text follows that line or the rest is missing. */
static const char *explain_end(const char *bytes, size_t size)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	for (const char *at = bytes; (at = memchr(at, '\n', bytes + size - at)); at++)
		if (is_end(at + 1, bytes + size - at - 1, digest))
			return "there is text after the line \"end\"";
	return "the file is truncated: its last line is not \"end\" with a checksum";
}

/* Checks the limits of lines and bytes before anything else. */
static int check_lines(struct reading *reading)
{
	const char *at = reading->at;

	while (next_line(reading)) {
		if (reading->size > MODEL_LINE_MAX)
			return refuse_line(reading, "the line is longer than 128 KiB");
		if (memchr(reading->line, 0, reading->size))
			return refuse_line(reading, "there is a NUL in the line");
	}
	reading->at = at;
	reading->number = 0;
	return 0;
}

static int check_end(struct reading *reading, const char *bytes, size_t size)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	if (size < END_SIZE || !is_end(bytes + size - END_SIZE, END_SIZE, digest) || bytes[size - END_SIZE - 1] != '\n')
		return refuse_file(reading, explain_end(bytes, size));
	if (!digest_matches(bytes, size - END_SIZE, digest))
		return refuse_file(reading, "the file is damaged: its checksum does not match");
	reading->at = bytes;
	reading->end = bytes + size - END_SIZE;
	return 0;
}

int model_parse(const char *bytes, size_t size, const char *name, struct tsem_model **ret_model,
		struct tsem_error *error)
{
	struct reading reading = {.name = name, .error = error};
	int result = check_version(&reading, bytes, size);

	if (!result && size > MODEL_SIZE_MAX)
		result = refuse_file(&reading, "the file is larger than 1 GiB");
	reading.at = bytes;
	reading.end = bytes + size;
	if (!result)
		result = check_lines(&reading);
	if (!result)
		result = check_end(&reading, bytes, size);
	if (!result)
		result = read_head(&reading);
	if (!result)
		result = read_coefficients(&reading);
	if (!result)
		result = check_decisions(&reading);
	if (!result)
		result = read_trajectory(&reading);
	if (result < 0) {
		tsem_model_destroy(reading.model);
		return result;
	}
	*ret_model = reading.model;
	return 0;
}

static int refuse_errno(const char *path, int code, struct tsem_error *error)
{
	return tsem_error_set(error, code, "model %s cannot be read: %s", path, strerror(code));
}

static int open_file(const char *path, size_t *ret_size, struct tsem_error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result = 0;

	if (fd < 0 || fstat(fd, &status) < 0)
		result = refuse_errno(path, errno, error);
	else if (S_ISDIR(status.st_mode))
		result = tsem_error_set(error, EISDIR, "model %s cannot be read: it is a directory", path);
	else if (!S_ISREG(status.st_mode))
		result = tsem_error_set(error, EINVAL, "model %s cannot be read: it is not a regular file", path);
	else if ((tsem_u64)status.st_size > MODEL_SIZE_MAX)
		result = tsem_error_set(error, EFBIG, "model %s cannot be read: it is larger than 1 GiB", path);
	if (result < 0) {
		if (fd >= 0)
			close(fd);
		return result;
	}
	*ret_size = status.st_size;
	return fd;
}

/* Reads as much as fits into size bytes. */
static int fill_buffer(int fd, struct tsem_buffer *buffer, size_t size)
{
	char *tail = buffer_reserve(buffer, size);
	ssize_t got = 1;

	if (!tail)
		return -ENOMEM;
	while (size && got) {
		got = read(fd, tail, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		tail += got;
		size -= got;
		buffer->size += got;
	}
	return 0;
}

/* Checks the beginning before it reads the rest: a large file that is no model costs nothing. */
static int read_file(int fd, size_t size, const char *path, struct tsem_buffer *buffer, struct tsem_error *error)
{
	struct reading reading = {.name = path, .error = error};
	size_t first = size < 4096 ? size : 4096;
	int result = fill_buffer(fd, buffer, first);

	if (!result && !dsse_begins(buffer->data, buffer->size) &&
	    check_version(&reading, buffer->data, buffer->size) < 0)
		return -EBADMSG;
	if (!result)
		result = fill_buffer(fd, buffer, size - first + 1);
	return result ? refuse_errno(path, -result, error) : 0;
}

int model_load(const char *path, struct tsem_buffer *ret_bytes, struct tsem_error *error)
{
	struct tsem_buffer buffer = {0};
	size_t size;
	int fd = open_file(path, &size, error), result;

	if (fd < 0)
		return fd;
	result = read_file(fd, size, path, &buffer, error);
	close(fd);
	if (result)
		tsem_buffer_deinit(&buffer);
	else
		*ret_bytes = buffer;
	return result;
}
