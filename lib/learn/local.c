/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parts of names that belong to this machine and this day: the host name, the date, and the places of devices. They are
 * the same in every run, and differ elsewhere or tomorrow, so a comparison of the runs does not find them.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "../base/buffer.h"
#include "../event/codec.h"
#include "device.h"
#include "local.h"

#define HOST_LEAST 4 /* shorter names are in other words by chance */

static const char host_parts[] = {TSEM_NAME_ALNUM, 0};
static const char date_parts[] = {TSEM_NAME_DIGIT, 8};
static const char dashed_parts[] = {TSEM_NAME_DIGIT, 4, '-', TSEM_NAME_DIGIT, 2, '-', TSEM_NAME_DIGIT, 2};

static void add_word(struct local_words *words, const char *text, size_t size, const char *parts, size_t part_count)
{
	struct local_word *word = &words->words[words->count++];

	memcpy(word->text, text, size);
	word->size = size;
	word->parts = parts;
	word->part_count = part_count;
}

/* Up to the first dot. Machines that nobody named are all called localhost, and so are other things. */
static void add_host(struct local_words *words, const char *name)
{
	size_t size = strcspn(name, ".");
	bool plain = size >= HOST_LEAST && size <= TSEM_NAME_MIDDLE_MAX && strncmp(name, "localhost", size) != 0;

	for (size_t i = 0; plain && i < size; i++)
		plain = name_class_has(TSEM_NAME_ALNUM, name[i]);
	if (plain)
		add_word(words, name, size, host_parts, sizeof(host_parts));
}

static void add_date(struct local_words *words, const struct tm *date)
{
	char text[16];

	if (strftime(text, sizeof(text), "%Y%m%d", date) == 8)
		add_word(words, text, 8, date_parts, sizeof(date_parts));
	if (strftime(text, sizeof(text), "%Y-%m-%d", date) == 10)
		add_word(words, text, 10, dashed_parts, sizeof(dashed_parts));
}

void local_words_of(const char *host, time_t now, struct local_words *ret_words)
{
	struct tm local, world;

	*ret_words = (struct local_words){};
	add_host(ret_words, host);
	if (!localtime_r(&now, &local) || !gmtime_r(&now, &world))
		return;
	add_date(ret_words, &local);
	if (local.tm_mday != world.tm_mday)
		add_date(ret_words, &world);
}

void local_words_now(struct local_words *ret_words)
{
	struct utsname system = {};

	uname(&system); /* without a name there is no word */
	local_words_of(system.nodename, time(NULL), ret_words);
}

/* ---- words in a name ---- */

/* Whether the character beside a word is of its kind: then the word is part of a longer one. plain: - and _ are not. */
static bool goes_on(const struct local_word *word, char beside, bool plain)
{
	if (word->parts[0] == TSEM_NAME_DIGIT)
		return name_class_has(TSEM_NAME_DIGIT, beside);
	return name_class_has(TSEM_NAME_ALNUM, beside) && !(plain && (beside == '_' || beside == '-'));
}

/* open: what follows the host name may be something that it could be made of. Else nothing says where it ends. */
static const struct local_word *word_at(const struct local_words *words, const char *name, size_t size, size_t at,
					bool open)
{
	for (size_t i = 0; i < words->count; i++) {
		const struct local_word *word = &words->words[i];
		size_t end = at + word->size;

		if (end <= size && !memcmp(name + at, word->text, word->size) &&
		    !(at && goes_on(word, name[at - 1], true)) && !(end < size && goes_on(word, name[end], open)))
			return word;
	}
	return NULL;
}

static bool put_parts(struct tsem_name_rule *rule, const struct local_word *word)
{
	bool good = true;

	for (size_t i = 0; good && i < word->part_count; i++) {
		if (word->parts[i] >= NAME_FORM_LITERAL) {
			good = name_rule_put_literal(rule, &word->parts[i], 1);
			continue;
		}
		good = name_rule_put_class(rule, word->parts[i], word->parts[i + 1]);
		i++;
	}
	return good;
}

/* The rule for a name of that directory, in which the words are parts that vary. False: it has none, or no rule says it. */
static bool make_rule(const struct local_words *words, const char *head, size_t head_size, const char *name,
		      size_t size, struct tsem_name_rule *ret_rule)
{
	struct tsem_name_rule rule = {};
	bool good = name_rule_put_head(&rule, head, head_size);
	size_t end;

	for (size_t at = 0; good && at < size; at = end) {
		const struct local_word *word = word_at(words, name, size, at, false);

		end = at + (word ? word->size : 1);
		good = word ? put_parts(&rule, word) : name_rule_put_literal(&rule, name + at, 1);
	}
	*ret_rule = rule;
	return good && rule.form_size;
}

/* ---- names that stay the same ---- */

static bool makes_names(tsem_u32 event)
{
	return event == TSEM_EVENT_inode_create || event == TSEM_EVENT_inode_mkdir || event == TSEM_EVENT_inode_mknod ||
	       event == TSEM_EVENT_inode_symlink || event == TSEM_EVENT_inode_link || event == TSEM_EVENT_inode_rename;
}

struct local_search {
	const struct tsem_model *model;
	const struct local_words *words;
	struct tsem_proposals *found;
};

/* Adds the rule to the proposals, unless the model has it already. */
static bool take_rule(const struct local_search *s, const struct tsem_name_rule *rule, const struct varying_name *name)
{
	for (size_t i = 0; i < s->model->name_count; i++)
		if (name_rule_within(rule, &s->model->names[i]))
			return true;
	return proposals_add(s->found, TSEM_NAME_RULES - s->model->name_count, rule, name, 1);
}

/* Of a device, only the path to it varies: the files below it have the same names everywhere. */
static bool make_device_rule(const struct tsem_buffer *head, const char *path, size_t at, size_t size,
			     struct tsem_name_rule *ret_rule)
{
	*ret_rule = (struct tsem_name_rule){};
	return size && name_rule_put_head(ret_rule, head->data, head->size) &&
	       device_put_name(ret_rule, path, at, size) && ret_rule->form_size;
}

/* The components of a path in order, each with the path before it as the rules for that write it. */
static bool take_path(const struct local_search *s, const struct item *item, bool device)
{
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item), at = propose_first_offset(path), end;
	struct tsem_buffer head = {};
	bool good = true;

	tsem_buffer_add(&head, path, at);
	for (; good && at < size && !head.failed; at = end + 1) {
		struct varying_name name = {.text = path + at};
		struct tsem_name_rule rule;
		const char *slash = memchr(path + at, '/', size - at);
		bool found;

		end = slash ? (size_t)(slash - path) : size;
		name.size = end - at;
		found = device ?
				slash && make_device_rule(&head, path, at, name.size, &rule) :
				make_rule(s->words, head.size ? head.data : "", head.size, name.text, name.size, &rule);
		if (found && name_rule_matches(&rule, name.text, name.size)) {
			good = take_rule(s, &rule, &name);
			name_rule_write(&rule, name.text, name.size, &head);
		} else {
			tsem_buffer_add(&head, name.text, name.size);
		}
		tsem_buffer_add(&head, "/", 1);
	}
	good &= !head.failed;
	tsem_buffer_deinit(&head);
	return good;
}

static bool take_entry(const struct local_search *s, const struct tsem_record *record)
{
	struct codec codec;
	bool good = true;

	codec_decode_record(&codec, record);
	for (unsigned i = 0; good && i < codec.count; i++) {
		const struct item *item = &codec.items[i];
		bool device;

		if (!propose_is_path(item) || propose_is_numbered(item))
			continue;
		device = device_is_path((const char *)item->data, propose_path_size(item));
		if (device || makes_names(record->event))
			good = take_path(s, item, device);
	}
	return good;
}

int proposals_find_local(const struct tsem_model *model, const tsem_u32 *seen, const struct local_words *words,
			 struct tsem_proposals *ret_proposals)
{
	struct tsem_proposals found = {};
	struct local_search search = {model, words, &found};
	bool good = true;

	for (size_t i = 0; good && i < model->set.count; i++) {
		const struct tsem_entry *entry = &model->set.entries[i];
		bool again = seen ? seen[i] > 1 : entry->last != entry->run;

		if (again && entry->record && !(entry->record->flags & TSEM_RECORD_FAILED))
			good = take_entry(&search, entry->record);
	}
	if (!good) {
		tsem_proposals_deinit(&found);
		return -ENOMEM;
	}
	*ret_proposals = found;
	return 0;
}

int tsem_proposals_find_local(const struct tsem_model *model, const tsem_u32 *seen,
			      struct tsem_proposals *ret_proposals)
{
	struct local_words words;

	local_words_now(&words);
	return proposals_find_local(model, seen, &words, ret_proposals);
}

/* ---- names that vary beside ---- */

/*
 * Literals of a rule. Beside a part that varies, the ends of a word are unknown. Characters that could belong to the
 * host name, as in HOST-PID, are taken into its part, up to the first that could not.
 */
static bool put_run(const struct local_words *words, struct tsem_name_rule *rule, const char *text, size_t size,
		    bool part_behind, bool *swallowing)
{
	bool part_before = rule->form_size;
	bool good = true;
	size_t end;

	for (size_t at = 0; good && at < size; at = end) {
		const struct local_word *word = word_at(words, text, size, at, true);

		end = at + 1;
		*swallowing = *swallowing && name_class_has(TSEM_NAME_ALNUM, text[at]);
		if (*swallowing)
			continue;
		if (word && ((part_before && !at) || (part_behind && at + word->size == size)))
			word = NULL;
		end = at + (word ? word->size : 1);
		*swallowing = word && word->parts == host_parts;
		good = word ? put_parts(rule, word) : name_rule_put_literal(rule, text + at, 1);
	}
	return good;
}

void name_rule_localise(const struct local_words *words, struct tsem_name_rule *rule)
{
	size_t head = name_rule_head_size(rule);
	const char *form = (const char *)rule->form;
	struct tsem_name_rule local = {};
	bool swallowing = false;
	bool good =
		name_rule_put_head(&local, (const char *)rule->start, head) &&
		put_run(words, &local, (const char *)rule->start + head, rule->start_size - head, true, &swallowing);

	for (size_t at = 0, end; good && at < rule->form_size; at = end) {
		for (end = at; end < rule->form_size && form[end] >= NAME_FORM_LITERAL; end++)
			;
		good = put_run(words, &local, form + at, end - at, end < rule->form_size, &swallowing);
		if (good && end < rule->form_size) {
			good = swallowing ? form[end] != TSEM_NAME_WHOLE :
					    name_rule_put_class(&local, form[end], form[end + 1]);
			end += 2;
		}
	}
	if (good)
		*rule = local;
}
