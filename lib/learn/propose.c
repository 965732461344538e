/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compares the events of a trajectory: those that are equal but for one
 * component of one path are a group, and the components of a group may have a
 * common form. With the rules that come of it the events are compared again:
 * what runs under a varying name is one program then, and what it does, too.
 */
#include "propose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "../event/codec.h"
#include "../event/digest.h"
#include "local.h"

#define ROUNDS_MAX 4

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

/* A path with what varies replaced, as the kernel side would; NULs are in none but before an abstract name. */
static void add_path(struct proposing *p, const struct item *item, const struct hole *hole)
{
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item), at = propose_first_offset(path), end;

	tsem_buffer_add(&p->form, path, at);
	for (; at <= size; at = end + 1) {
		const struct tsem_name_rule *rule = find_rule(p, path, size, at);

		end = component_end(path, size, at);
		if (hole && hole->path == path && hole->offset == at)
			tsem_buffer_add(&p->form, "\0h", 2);
		else if (rule)
			name_rule_write(rule, path + at, end - at, &p->form);
		else
			tsem_buffer_add(&p->form, path + at, end - at);
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

/* What comes again in another run does not vary. */
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

/* Below a name that varies already nothing is proposed: a rule's directory is one that does not. */
static void take_components(struct proposing *p, struct tsem_set *groups, const struct codec *codec,
			    const struct item *item, size_t entry)
{
	const char *path = (const char *)item->data;
	size_t size = propose_path_size(item), end;
	tsem_u8 key[TSEM_DIGEST_SIZE];

	if (propose_is_numbered(item))
		return;
	for (size_t at = propose_first_offset(path); at < size && !find_rule(p, path, size, at) && !p->failed;
	     at = end + 1) {
		struct hole hole = {.entry = entry, .path = path, .offset = at};
		struct tsem_entry *group;

		end = component_end(path, size, at);
		hole.size = end - at;
		if (!hole.size)
			continue;
		make_form(p, p->model->set.entries[entry].record, codec, &hole, key);
		group = p->failed ? NULL : tsem_set_add(groups, key, NULL);
		if (!group) {
			p->failed = true;
			return;
		}
		group->count++;
		hole.group = group - groups->entries;
		p->failed |= !add_hole(p, &hole);
	}
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

static int compare_directories(const struct hole *x, const struct hole *y)
{
	return compare_bytes(x->path, x->offset, y->path, y->offset);
}

/* By group, directory, name, and the order in which they were seen. */
static int compare_holes(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;
	int order;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	order = compare_directories(x, y);
	if (!order)
		order = compare_bytes(x->path + x->offset, x->size, y->path + y->offset, y->size);
	return order ? order : (x->entry > y->entry) - (x->entry < y->entry);
}

/* What another rule lets in as well is not proposed. */
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
	size_t distinct = 0, found;

	if (!names) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = holes[i].path + holes[i].offset;

		if (distinct && !compare_bytes(names[distinct - 1].text, names[distinct - 1].size, text, holes[i].size))
			continue;
		names[distinct++] =
			(struct varying_name){text, holes[i].size, p->model->set.entries[holes[i].entry].run};
	}
	found = name_rules_guess(holes[0].path, holes[0].offset, names, distinct, rules, RULES_OF_A_GROUP);
	for (size_t i = 0; i < found; i++)
		p->failed |= !proposals_add(fresh, p->limit, &rules[i], names, distinct);
	free(names);
}

static size_t same_group(const struct hole *holes, size_t count)
{
	size_t same = 1;

	while (same < count && holes[same].group == holes[0].group && !compare_directories(&holes[same], &holes[0]))
		same++;
	return same;
}

static bool guess_all(struct proposing *p)
{
	struct tsem_proposals fresh = {};
	size_t before = p->found->count;
	struct local_words words;

	if (p->hole_count)
		qsort(p->holes, p->hole_count, sizeof(*p->holes), compare_holes);
	for (size_t at = 0, count; at < p->hole_count && !p->failed; at += count) {
		count = same_group(p->holes + at, p->hole_count - at);
		if (count > 1)
			guess_group(p, p->holes + at, count, &fresh);
	}
	local_words_now(&words);
	for (size_t i = 0; i < fresh.count && !p->failed; i++) {
		name_rule_localise(&words, &fresh.rules[i].rule);
		p->failed |= !proposals_add(p->found, p->limit, &fresh.rules[i].rule,
					    &(struct varying_name){fresh.rules[i].example,
								   strlen(fresh.rules[i].example), 0},
					    1);
	}
	free(fresh.rules);
	return p->found->count > before;
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

/* What is one event with the rules, and is of several runs. */
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

static bool touches(const struct tsem_name_rule *rule, const struct tsem_record *record)
{
	struct codec codec;
	size_t offset;

	codec_decode_record(&codec, record);
	for (unsigned i = 0; i < codec.count; i++)
		if (propose_is_path(&codec.items[i]) && name_rule_find(rule, (const char *)codec.items[i].data,
								       propose_path_size(&codec.items[i]), &offset))
			return true;
	return false;
}

static void count_explained(struct proposing *p, tsem_u32 since)
{
	struct tsem_proposals *found = p->found;
	struct tsem_set forms = {};

	for (size_t place = 0; place < p->model->set.count && !p->failed; place++) {
		size_t i = p->order[place];
		const struct tsem_entry *entry = &p->model->set.entries[i];
		bool changing = entry->run >= since, is_new = true;

		if (entry->record && !tsem_set_add(&forms, found->keys[i], &is_new))
			p->failed = true;
		found->changing += changing;
		found->explained += changing && !is_new;
		for (size_t rule = 0; entry->record && rule < found->count; rule++) {
			if (!touches(&found->rules[rule].rule, entry->record))
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
