/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compares the events of a trajectory: those that are equal but for one
 * component of one path are a group, and the components of a group may have a
 * common form. With the rules that come of it the events are compared again:
 * what runs under a varying name is one program then, and what it does, too.
 */
#include "propose.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "../event/codec.h"
#include "../event/digest.h"
#include "local.h"

#define ROUNDS_MAX 6 /* also names below names: as many levels as there are rounds */

/* A component that may be the one that varies. */
struct hole {
	size_t entry;
	size_t group;
	const char *path; /* as the record has it, or what was typed */
	size_t offset, size;
};

struct proposing {
	const struct tsem_model *model;
	const tsem_u32 *seen;
	bool *again; /* for each entry: with the rules it came again in another run, and does not vary any more */
	size_t *order; /* the indexes of the entries as they first appeared; those of a model file are in another order */
	struct tsem_proposals *found;
	size_t limit; /* of proposals */
	struct tsem_set
		programs; /* by TASK_ID; number: index + 1 of the entry of the program that it is with the rules */
	struct hole *holes;
	size_t hole_count, hole_room;
	struct tsem_buffer form; /* of the event at hand */
	bool failed;
};

/* ---- what an event is with the rules ---- */

bool propose_is_path(const struct item *item)
{
	const char *name = item->field->name;

	if (item->kind != ITEM_VALUE || !item->size)
		return false;
	if (!strcmp(name, "old_name"))
		return true;
	if (!strcmp(name, "address"))
		return item->depth && item[-1].field->type == FIELD_UNIX;
	return item->depth && item->data[0] == '/' && (!strcmp(name, "pathname") || !strcmp(name, "directory"));
}

size_t propose_first_offset(const char *path)
{
	return *path == '/' || !*path;
}

size_t propose_path_size(const struct item *item)
{
	size_t skip = !item->data[0];

	return skip + strnlen((const char *)item->data + skip, item->size - skip);
}

/* The first rule that has the component at that place; NULL when there is none. */
static const struct tsem_name_rule *find_rule(const struct proposing *p, const char *path, size_t size, size_t offset)
{
	for (size_t i = 0; i < p->found->count; i++) {
		const struct tsem_name_rule *rule = &p->found->rules[i].rule;
		size_t at, found = name_rule_find(rule, path, size, &at);

		if (found && at == offset)
			return rule;
	}
	return NULL;
}

bool propose_is_numbered(const struct item *item)
{
	static const char *const directories[] = {"/proc/", "/dev/pts/"};
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item);

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (size > strlen(directories[i]) && !memcmp(path, directories[i], strlen(directories[i])))
			return true;
	return false;
}

static size_t component_end(const char *path, size_t size, size_t offset)
{
	const char *slash = memchr(path + offset, '/', size - offset);

	return slash ? (size_t)(slash - path) : size;
}

/*
 * Appends a component to the path that begins at start of the buffer, as the rules write it. A rule may be about a name
 * below one that another rule has replaced. Returns the rule that was applied, or NULL.
 */
static const struct tsem_name_rule *add_component(const struct proposing *p, struct tsem_buffer *text, size_t start,
						  const char *component, size_t size)
{
	size_t head = text->size - start;
	const struct tsem_name_rule *rule;

	tsem_buffer_add(text, component, size);
	rule = text->failed ? NULL : find_rule(p, text->data + start, head + size, head);
	if (!rule)
		return NULL;
	text->size = start + head;
	name_rule_write(rule, component, size, text);
	return rule;
}

/* A path with what varies replaced, as the kernel side would; NULs are in none but before an abstract name. */
static void add_path(struct proposing *p, const struct item *item, const struct hole *hole)
{
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item), at = propose_first_offset(path), start = p->form.size, end;

	tsem_buffer_add(&p->form, path, at);
	for (; at <= size; at = end + 1) {
		end = component_end(path, size, at);
		if (hole && hole->path == path && hole->offset == at)
			tsem_buffer_add(&p->form, "\0h", 2);
		else
			add_component(p, &p->form, start, path + at, end - at);
		tsem_buffer_add(&p->form, "/", 1);
	}
	tsem_buffer_add(&p->form, path + size, item->size - size);
	tsem_buffer_add(&p->form, "\0", 1);
}

static void add_program(struct proposing *p, const tsem_u8 *id)
{
	const struct tsem_entry *known = tsem_set_find(&p->programs, id);

	if (known)
		tsem_buffer_printf(&p->form, "program %llu", known->number);
	else
		tsem_buffer_add(&p->form, id, TSEM_DIGEST_SIZE);
}

static void add_item(struct proposing *p, const struct item *item, const struct hole *hole)
{
	tsem_u32 head[2] = {item->key, item->kind};

	tsem_buffer_add(&p->form, head, sizeof(head));
	if (item->kind != ITEM_VALUE)
		return;
	if (propose_is_path(item)) {
		add_path(p, item, hole);
		return;
	}
	if (item->field->type == FIELD_DIGEST) {
		add_program(p, item->data);
		return;
	}
	tsem_buffer_add(&p->form, &item->size, sizeof(item->size));
	tsem_buffer_add(&p->form, item->data, item->size);
}

/* The TASK_ID of an exec follows from the rest of it. */
static void make_form(struct proposing *p, const struct tsem_record *record, const struct codec *codec,
		      const struct hole *hole, tsem_u8 *ret_key)
{
	static const tsem_u8 none[TSEM_DIGEST_SIZE];

	p->form.size = 0;
	tsem_buffer_add(&p->form, &record->event, sizeof(record->event));
	add_program(p, record->event == TSEM_EVENT_bprm_committed_creds ? none : record->task_id);
	add_program(p, record->ptask_id);
	tsem_buffer_add(&p->form, &record->coe, sizeof(record->coe));
	for (unsigned i = 0; i < codec->count; i++)
		add_item(p, &codec->items[i], hole);
	p->failed |= p->form.failed;
	if (!p->form.failed)
		digest_bytes(p->form.data, p->form.size, ret_key);
}

/* ---- components that may vary ---- */

/* An event that comes again in another run has no name that varies. */
static bool may_vary(const struct proposing *p, size_t index)
{
	const struct tsem_entry *entry = &p->model->set.entries[index];

	if (!entry->record || entry->record->flags & TSEM_RECORD_FAILED || p->again[index])
		return false;
	return p->seen ? p->seen[index] < 2 : entry->last == entry->run;
}

static bool add_hole(struct proposing *p, const struct hole *hole)
{
	if (p->hole_count == p->hole_room) {
		size_t room = 2 * p->hole_room + 256;
		struct hole *holes = realloc(p->holes, room * sizeof(*holes));

		if (!holes)
			return false;
		p->holes = holes;
		p->hole_room = room;
	}
	p->holes[p->hole_count++] = *hole;
	return true;
}

static void take_hole(struct proposing *p, struct tsem_set *groups, const struct codec *codec, struct hole *hole)
{
	tsem_u8 key[TSEM_DIGEST_SIZE];
	struct tsem_entry *group;

	make_form(p, p->model->set.entries[hole->entry].record, codec, hole, key);
	group = p->failed ? NULL : tsem_set_add(groups, key, NULL);
	if (!group) {
		p->failed = true;
		return;
	}
	group->count++;
	hole->group = group - groups->entries;
	p->failed |= !add_hole(p, hole);
}

/* Also below a name that varies: the paths before the names of one group are the same after the rules. */
static void take_components(struct proposing *p, struct tsem_set *groups, const struct codec *codec,
			    const struct item *item, size_t entry)
{
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item), first = propose_first_offset(path), end;
	struct tsem_buffer head = {};

	if (propose_is_numbered(item))
		return;
	tsem_buffer_add(&head, path, first);
	for (size_t at = first; at < size && !p->failed; at = end + 1) {
		struct hole hole = {.entry = entry, .path = path, .offset = at};

		end = component_end(path, size, at);
		hole.size = end - at;
		if (!add_component(p, &head, 0, path + at, hole.size) && hole.size)
			take_hole(p, groups, codec, &hole);
		tsem_buffer_add(&head, "/", 1);
		p->failed |= head.failed;
	}
	tsem_buffer_deinit(&head);
}

static void take_holes(struct proposing *p, struct tsem_set *groups)
{
	p->hole_count = 0;
	for (size_t i = 0; i < p->model->set.count && !p->failed; i++) {
		struct codec codec;

		if (!may_vary(p, i))
			continue;
		codec_decode_record(&codec, p->model->set.entries[i].record);
		for (unsigned at = 0; at < codec.count; at++)
			if (propose_is_path(&codec.items[at]))
				take_components(p, groups, &codec, &codec.items[at], i);
	}
}

/* ---- groups ---- */

static int compare_bytes(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t least = a_size < b_size ? a_size : b_size;
	int order = least ? memcmp(a, b, least) : 0;

	return order ? order : (a_size > b_size) - (a_size < b_size);
}

/* By group, name, and the order in which they were seen. */
static int compare_holes(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;
	int order;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	order = compare_bytes(x->path + x->offset, x->size, y->path + y->offset, y->size);
	return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Writes the path before the component, as the rules change it. */
static void write_head(struct proposing *p, const char *path, size_t offset, struct tsem_buffer *ret_head)
{
	size_t at = propose_first_offset(path), end;

	tsem_buffer_add(ret_head, path, at);
	for (; at < offset; at = end + 1) {
		end = component_end(path, offset, at);
		add_component(p, ret_head, 0, path + at, end - at);
		tsem_buffer_add(ret_head, "/", 1);
	}
	p->failed |= ret_head->failed;
}

/* Drops the proposals whose names another rule matches as well. */
static void drop_within(struct tsem_proposals *found, const struct tsem_name_rule *rule)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++)
		if (!name_rule_within(&found->rules[i].rule, rule))
			found->rules[kept++] = found->rules[i];
	found->count = kept;
}

/* The limit: so many as there can be besides those that the model has. */
bool proposals_add(struct tsem_proposals *found, size_t limit, const struct tsem_name_rule *rule,
		   const struct varying_name *names, size_t count)
{
	struct tsem_proposal *rules;
	size_t i = 0;

	while (i < found->count && !name_rule_within(rule, &found->rules[i].rule))
		i++;
	if (i < found->count)
		return true;
	drop_within(found, rule);
	if (found->count >= limit)
		return true;
	rules = reallocarray(found->rules, found->count + 1, sizeof(*rules));
	if (!rules)
		return false;
	found->rules = rules;
	rules[found->count] = (struct tsem_proposal){.rule = *rule};
	for (i = 0; i < count && !name_rule_matches(rule, names[i].text, names[i].size); i++)
		;
	if (i < count)
		snprintf(rules[found->count].example, sizeof(rules->example), "%.*s", (int)names[i].size,
			 names[i].text);
	found->count++;
	return true;
}

#define RULES_OF_A_GROUP 8

static void guess_group(struct proposing *p, const struct hole *holes, size_t count, struct tsem_proposals *fresh)
{
	struct tsem_name_rule rules[RULES_OF_A_GROUP];
	struct varying_name *names = calloc(count, sizeof(*names));
	struct tsem_buffer head = {};
	size_t distinct = 0, found;

	write_head(p, holes[0].path, holes[0].offset, &head);
	if (!names || p->failed) {
		p->failed = true;
		tsem_buffer_deinit(&head);
		free(names);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = holes[i].path + holes[i].offset;

		if (distinct && !compare_bytes(names[distinct - 1].text, names[distinct - 1].size, text, holes[i].size))
			continue;
		names[distinct++] =
			(struct varying_name){text, holes[i].size, p->model->set.entries[holes[i].entry].run};
	}
	found = name_rules_guess(head.data ? head.data : "", head.size, names, distinct, rules, RULES_OF_A_GROUP);
	for (size_t i = 0; i < found; i++)
		p->failed |= !proposals_add(fresh, p->limit, &rules[i], names, distinct);
	tsem_buffer_deinit(&head);
	free(names);
}

static size_t same_group(const struct hole *holes, size_t count)
{
	size_t same = 1;

	while (same < count && holes[same].group == holes[0].group)
		same++;
	return same;
}

/* ---- directories that divide files by the first digits of a digest ---- */

#define SHARDS_LEAST 5 /* so many directories of one length */
#define SHARD_LENGTH_MAX 3
#define SHARD_DIGITS_LEAST 2 /* so many of them with a digit: words that have only these letters have none */

struct shard {
	const char *path;
	size_t offset, size;
	char *head; /* the path before it, as the rules change it */
	size_t entry;
};

static bool is_shard(const struct item *item, struct shard *ret_shard)
{
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item), at = size;

	while (at && path[at - 1] != '/')
		at--;
	*ret_shard = (struct shard){.path = path, .offset = at, .size = size - at};
	for (size_t i = at; i < size; i++)
		if (!name_class_has(TSEM_NAME_HEX, path[i]))
			return false;
	return at && at < size && size - at <= SHARD_LENGTH_MAX;
}

/* The directory that an event makes, when its name may be such a part of a digest and no rule is about it. */
static bool take_shard(struct proposing *p, size_t entry, struct shard *ret_shard)
{
	const struct tsem_record *record = p->model->set.entries[entry].record;
	struct tsem_buffer head = {};
	struct codec codec;
	bool found = false;

	if (!record || record->event != TSEM_EVENT_inode_mkdir || record->flags & TSEM_RECORD_FAILED)
		return false;
	codec_decode_record(&codec, record);
	for (unsigned i = 0; i < codec.count && !found; i++)
		found = propose_is_path(&codec.items[i]) && !propose_is_numbered(&codec.items[i]) &&
			is_shard(&codec.items[i], ret_shard);
	if (!found)
		return false;
	write_head(p, ret_shard->path, ret_shard->offset, &head);
	ret_shard->entry = entry;
	ret_shard->head = head.data;
	if (!add_component(p, &head, 0, ret_shard->path + ret_shard->offset, ret_shard->size) && !p->failed) {
		head.data[head.size - ret_shard->size] = '\0';
		ret_shard->head = head.data;
		return true;
	}
	tsem_buffer_deinit(&head);
	return false;
}

static int compare_shards(const void *a, const void *b)
{
	const struct shard *x = a, *y = b;
	int order = strcmp(x->head, y->head);

	if (order || x->size != y->size)
		return order ? order : (x->size > y->size) - (x->size < y->size);
	return memcmp(x->path + x->offset, y->path + y->offset, x->size);
}

/* Those of one directory and length, which are together. Returns how many; whether they are made up: enough, and one varies. */
static size_t judge_shards(const struct proposing *p, const struct shard *shards, size_t count, bool *ret_made_up)
{
	size_t same = 0, distinct = 0, digits = 0, letters = 0, varying = 0;

	for (; same < count && shards[same].size == shards[0].size && !strcmp(shards[same].head, shards[0].head);
	     same++) {
		const char *name = shards[same].path + shards[same].offset;
		bool digit = false;

		varying += may_vary(p, shards[same].entry);
		if (same && !compare_shards(&shards[same], &shards[same - 1]))
			continue;
		distinct++;
		for (size_t i = 0; i < shards[same].size; i++) {
			digit |= name_class_has(TSEM_NAME_DIGIT, name[i]);
			letters += !name_class_has(TSEM_NAME_DIGIT, name[i]);
		}
		digits += digit;
	}
	*ret_made_up = varying && distinct >= SHARDS_LEAST && digits >= SHARD_DIGITS_LEAST && letters;
	return same;
}

static bool propose_shards(struct proposing *p, const struct shard *shard, struct tsem_proposals *fresh)
{
	struct varying_name name = {shard->path + shard->offset, shard->size, 0};
	struct tsem_name_rule rule = {};

	return !name_rule_put_head(&rule, shard->head, strlen(shard->head)) ||
	       !name_rule_put_class(&rule, TSEM_NAME_HEX, shard->size) ||
	       proposals_add(fresh, p->limit, &rule, &name, 1);
}

/* Those that come again in every run tell of the others: compared alone, the few that vary look like something else. */
static void guess_shards(struct proposing *p, struct tsem_proposals *fresh)
{
	struct shard *shards = calloc(p->model->set.count + 1, sizeof(*shards));
	size_t count = 0, same;
	bool made_up;

	p->failed |= !shards;
	for (size_t i = 0; i < p->model->set.count && !p->failed; i++)
		count += take_shard(p, i, &shards[count]);
	if (count)
		qsort(shards, count, sizeof(*shards), compare_shards);
	for (size_t at = 0; at < count && !p->failed; at += same) {
		same = judge_shards(p, shards + at, count - at, &made_up);
		if (made_up)
			p->failed |= !propose_shards(p, &shards[at], fresh);
	}
	for (size_t i = 0; i < count; i++)
		free(shards[i].head);
	free(shards);
}

static bool take_fresh(struct proposing *p, struct tsem_proposals *fresh)
{
	size_t before = p->found->count;
	struct local_words words;

	local_words_now(&words);
	for (size_t i = 0; i < fresh->count && !p->failed; i++) {
		const char *example = fresh->rules[i].example;

		name_rule_localise(&words, &fresh->rules[i].rule);
		p->failed |= !proposals_add(p->found, p->limit, &fresh->rules[i].rule,
					    &(struct varying_name){example, strlen(example), 0}, 1);
	}
	free(fresh->rules);
	return p->found->count > before;
}

/* Looks again, with the parts of a digest, at names that look like something else beside them. */
static bool guess_all(struct proposing *p)
{
	struct tsem_proposals fresh = {};

	guess_shards(p, &fresh);
	if (fresh.count)
		return take_fresh(p, &fresh);
	if (p->hole_count)
		qsort(p->holes, p->hole_count, sizeof(*p->holes), compare_holes);
	for (size_t at = 0, count; at < p->hole_count && !p->failed; at += count) {
		count = same_group(p->holes + at, p->hole_count - at);
		if (count > 1)
			guess_group(p, p->holes + at, count, &fresh);
	}
	return take_fresh(p, &fresh);
}

/* Rules are applied in their order, each to what the ones before have written: those below other names come behind. */
static size_t depth_of(const struct tsem_proposal *proposal)
{
	size_t depth = 0;

	for (size_t i = 0; i < proposal->rule.start_size; i++)
		depth += proposal->rule.start[i] == '/';
	return depth;
}

static void sort_by_depth(struct tsem_proposals *found)
{
	for (size_t i = 1; i < found->count; i++)
		for (size_t at = i;
		     at && depth_of(&found->rules[at]) < depth_of(&found->rules[at - 1]) &&
		     memmem(found->rules[at - 1].rule.start, found->rules[at - 1].rule.start_size, "//", 2);
		     at--) {
			struct tsem_proposal other = found->rules[at];

			found->rules[at] = found->rules[at - 1];
			found->rules[at - 1] = other;
		}
}

/* ---- the events with the rules ---- */

/* A program is that of the first exec event that is the same with the rules. */
static void take_program(struct proposing *p, size_t index, tsem_u64 first)
{
	struct tsem_entry *program = tsem_set_add(&p->programs, p->model->set.entries[index].record->task_id, NULL);

	if (program)
		program->number = first;
	else
		p->failed = true;
}

/* Marks the events that are one event after the rules, and that several runs have. */
static void note_again(struct proposing *p, const struct tsem_set *forms)
{
	for (size_t i = 0; i < p->model->set.count && !p->failed; i++) {
		const struct tsem_entry *form =
			p->model->set.entries[i].record ? tsem_set_find(forms, p->found->keys[i]) : NULL;

		p->again[i] = form && form->last != form->run;
	}
}

static void make_keys(struct proposing *p)
{
	struct tsem_set forms = {};

	tsem_set_deinit(&p->programs);
	for (size_t place = 0; place < p->model->set.count && !p->failed; place++) {
		size_t i = p->order[place];
		const struct tsem_record *record = p->model->set.entries[i].record;
		struct tsem_entry *form;
		struct codec codec;
		bool is_new;

		if (!record)
			continue;
		codec_decode_record(&codec, record);
		make_form(p, record, &codec, NULL, p->found->keys[i]);
		form = p->failed ? NULL : tsem_set_add(&forms, p->found->keys[i], &is_new);
		if (!form) {
			p->failed = true;
			break;
		}
		if (is_new) {
			form->number = i + 1;
			form->run = p->model->set.entries[i].run;
		}
		form->last = is_new || form->last == form->run ? p->model->set.entries[i].run : form->last;
		if (record->event == TSEM_EVENT_bprm_committed_creds)
			take_program(p, i, form->number);
	}
	note_again(p, &forms);
	tsem_set_deinit(&forms);
}

/* The rules that the paths of an event are written by. */
static void find_touching(struct proposing *p, const struct tsem_record *record, bool *ret_touching)
{
	struct tsem_buffer text = {};
	struct codec codec;

	memset(ret_touching, 0, p->found->count * sizeof(*ret_touching));
	codec_decode_record(&codec, record);
	for (unsigned i = 0; i < codec.count; i++) {
		const char *path = (const char *)codec.items[i].data;
		size_t size, end;

		if (!propose_is_path(&codec.items[i]))
			continue;
		size = propose_path_size(&codec.items[i]);
		text.size = 0;
		tsem_buffer_add(&text, path, propose_first_offset(path));
		for (size_t at = propose_first_offset(path); at < size; at = end + 1) {
			const struct tsem_name_rule *rule;

			end = component_end(path, size, at);
			rule = add_component(p, &text, 0, path + at, end - at);
			if (rule)
				ret_touching[(struct tsem_proposal *)((char *)rule -
								      offsetof(struct tsem_proposal, rule)) -
					     p->found->rules] = true;
			tsem_buffer_add(&text, "/", 1);
		}
	}
	p->failed |= text.failed;
	tsem_buffer_deinit(&text);
}

static void count_explained(struct proposing *p, tsem_u32 since)
{
	struct tsem_proposals *found = p->found;
	struct tsem_set forms = {};

	for (size_t place = 0; place < p->model->set.count && !p->failed; place++) {
		size_t i = p->order[place];
		const struct tsem_entry *entry = &p->model->set.entries[i];
		bool changing = entry->run >= since, is_new = true, touching[TSEM_NAME_RULES] = {};

		if (entry->record && !tsem_set_add(&forms, found->keys[i], &is_new))
			p->failed = true;
		found->changing += changing;
		found->explained += changing && !is_new;
		if (entry->record)
			find_touching(p, entry->record, touching);
		for (size_t rule = 0; rule < found->count; rule++) {
			if (!touching[rule])
				continue;
			found->rules[rule].events++;
			found->rules[rule].explained += changing && !is_new;
		}
	}
	tsem_set_deinit(&forms);
}

static int compare_appearance(const void *a, const void *b, void *context)
{
	const struct tsem_set *set = context;
	const size_t *x = a, *y = b;
	tsem_u64 first = set->entries[*x].number - 1, second = set->entries[*y].number - 1; /* not known: last */

	return first != second ? (first < second ? -1 : 1) : (*x > *y) - (*x < *y);
}

static size_t *order_entries(const struct tsem_set *set)
{
	size_t *order = calloc(set->count + 1, sizeof(*order));

	for (size_t i = 0; order && i < set->count; i++)
		order[i] = i;
	if (order)
		qsort_r(order, set->count, sizeof(*order), compare_appearance, (void *)set);
	return order;
}

int tsem_proposals_find(const struct tsem_model *model, const tsem_u32 *seen, tsem_u32 since,
			struct tsem_proposals *ret_proposals)
{
	struct tsem_proposals found = {.keys = calloc(model->set.count + 1, TSEM_DIGEST_SIZE)};
	struct proposing p = {.model = model, .seen = seen, .found = &found, .order = order_entries(&model->set)};
	bool more = true;

	p.limit = TSEM_NAME_RULES - model->name_count;
	p.again = calloc(model->set.count + 1, sizeof(*p.again));
	p.failed = !found.keys || !p.order || !p.again;

	for (unsigned round = 0; round < ROUNDS_MAX && more && !p.failed; round++) {
		struct tsem_set groups = {};

		take_holes(&p, &groups);
		more = !p.failed && guess_all(&p);
		tsem_set_deinit(&groups);
		if (!p.failed && (more || !round))
			make_keys(&p);
	}
	sort_by_depth(&found);
	if (!p.failed)
		count_explained(&p, since);
	tsem_set_deinit(&p.programs);
	tsem_buffer_deinit(&p.form);
	free(p.holes);
	free(p.order);
	free(p.again);
	if (p.failed) {
		tsem_proposals_deinit(&found);
		return -ENOMEM;
	}
	*ret_proposals = found;
	return 0;
}

void tsem_proposals_deinit(struct tsem_proposals *proposals)
{
	free(proposals->rules);
	free(proposals->keys);
	memset(proposals, 0, sizeof(*proposals));
}
