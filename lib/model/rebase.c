/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Replaces contents, and everything that depends on them. A TASK_ID is the digest of an event that names a content and
 * may name other TASK_IDs, so programs are computed in the order of their dependencies, then all events. The row in
 * events.def locates the digests of an event: in a FILE it is a content; anywhere else it is a TASK_ID if it equals
 * one.
 */
#include "rebase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../explain/describe.h"
#include "../event/digest.h"
#include "model.h"

enum { PROGRAM_OLD, PROGRAM_WAITS, PROGRAM_NEW };

struct program {
	const struct tsem_record *record; /* the exec event that created it */
	tsem_u8 task_id[TSEM_DIGEST_SIZE]; /* the new one */
	unsigned state;
};

struct rebase {
	const struct tsem_model *model;
	struct tsem_contents *contents;
	struct tsem_set index; /* of programs by their old TASK_ID; number is the index */
	struct program *programs;
	size_t *waiting; /* stack of programs that wait for others */
	tsem_u64 *causes; /* for each program, then for the event at hand: a bit for each content that changes it */
	size_t words; /* of one row of causes */
	struct tsem_set set;
	tsem_u8 (*keys)[TSEM_DIGEST_SIZE]; /* the new key of each decision of the model */
	struct tsem_rebased rebased;
	struct tsem_error *error;
};

static int fail_memory(const struct rebase *rebase)
{
	return tsem_error_set(rebase->error, ENOMEM, "model %s: out of memory", rebase->model->name);
}

static struct program *find_program(const struct rebase *rebase, const tsem_u8 *task_id)
{
	const struct tsem_entry *entry = tsem_set_find(&rebase->index, task_id);

	return entry ? &rebase->programs[entry->number] : NULL;
}

/* ---- the digests of an event ---- */

/* program and content: one of them is NULL, or both. False ends the walk. */
typedef bool (*digest_fn)(struct rebase *rebase, void *context, tsem_u8 *digest, struct program *program,
			  struct tsem_content *content);

static bool visit(struct rebase *rebase, tsem_u8 *digest, digest_fn fn, void *context)
{
	struct program *program = find_program(rebase, digest);

	return !program || fn(rebase, context, digest, program, NULL);
}

/* The digest's content, when it belongs to a file. */
static bool visit_item(struct rebase *rebase, const struct codec *codec, const struct item *item,
		       const struct item *open, digest_fn fn, void *context)
{
	tsem_u8 *digest = (tsem_u8 *)item->data; /* inside a record that the caller may change */
	struct tsem_content *content;

	if (!open || open->field->type != FIELD_FILE)
		return visit(rebase, digest, fn, context);
	content = contents_find(rebase->contents, codec, open);
	return !content || fn(rebase, context, digest, NULL, content);
}

static bool visit_cell(struct rebase *rebase, const struct tsem_record *record, digest_fn fn, void *context)
{
	const struct item *opens[CODEC_ITEM_LIMIT] = {NULL}, *item;
	struct codec codec;
	bool going = true;

	codec_decode_record(&codec, record);
	for (item = codec.items; going && item < codec.items + codec.count; item++) {
		if (item->kind == ITEM_OPEN)
			opens[item->depth] = item;
		else if (item->kind == ITEM_VALUE && item->field->type == FIELD_DIGEST)
			going = visit_item(rebase, &codec, item, item->depth ? opens[item->depth - 1] : NULL, fn,
					   context);
	}
	return going;
}

/* Ignores the TASK_ID of an exec event: it follows from the rest. */
static bool visit_record(struct rebase *rebase, struct tsem_record *record, digest_fn fn, void *context)
{
	if (!visit(rebase, record->ptask_id, fn, context))
		return false;
	if (record->event != TSEM_EVENT_bprm_committed_creds && !visit(rebase, record->task_id, fn, context))
		return false;
	return visit_cell(rebase, record, fn, context);
}

static tsem_u64 *program_causes(const struct rebase *rebase, const struct program *program)
{
	return rebase->causes + (program - rebase->programs) * rebase->words;
}

/* context: the row of causes of the event */
static bool replace(struct rebase *rebase, void *context, tsem_u8 *digest, struct program *program,
		    struct tsem_content *content)
{
	tsem_u64 *causes = context;
	size_t index;

	if (program) {
		memcpy(digest, program->task_id, TSEM_DIGEST_SIZE);
		for (size_t i = 0; i < rebase->words; i++)
			causes[i] |= program_causes(rebase, program)[i];
	} else if (memcmp(content->digest, content->replacement, TSEM_DIGEST_SIZE) != 0) {
		index = content - rebase->contents->items;
		causes[index / 64] |= 1ull << index % 64;
		memcpy(digest, content->replacement, TSEM_DIGEST_SIZE);
	}
	return true;
}

/* context: where the first program goes that has to be computed before */
static bool find_old(struct rebase *rebase, void *context, tsem_u8 *digest, struct program *program,
		     struct tsem_content *content)
{
	(void)rebase;
	(void)digest;
	(void)content;
	if (!program || program->state == PROGRAM_NEW)
		return true;
	*(struct program **)context = program;
	return false;
}

/* ---- programs ---- */

static int add_program(struct rebase *rebase, const struct tsem_record *record)
{
	size_t index = rebase->index.count;
	tsem_u8 task_id[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;

	record_task_id(record, task_id);
	if (memcmp(task_id, record->task_id, TSEM_DIGEST_SIZE) != 0)
		return tsem_error_set(
			rebase->error, EBADMSG,
			"model %s: an event bprm_committed_creds states a task_id that is not the one of its fields",
			rebase->model->name);
	entry = tsem_set_add(&rebase->index, task_id, NULL);
	if (!entry)
		return fail_memory(rebase);
	entry->number = index;
	rebase->programs[index].record = record;
	return 0;
}

static int find_programs(struct rebase *rebase)
{
	const struct tsem_set *set = &rebase->model->set;
	int result = 0;

	for (size_t i = 0; !result && i < set->count; i++)
		if (set->entries[i].record && set->entries[i].record->event == TSEM_EVENT_bprm_committed_creds)
			result = add_program(rebase, set->entries[i].record);
	return result;
}

/* All that it hangs on is new already. */
static int renew_program(struct rebase *rebase, struct program *program)
{
	struct tsem_record *copy = record_copy(program->record);

	if (!copy)
		return fail_memory(rebase);
	visit_record(rebase, copy, replace, program_causes(rebase, program));
	record_task_id(copy, program->task_id);
	program->state = PROGRAM_NEW;
	rebase->rebased.programs += memcmp(program->task_id, program->record->task_id, TSEM_DIGEST_SIZE) != 0;
	free(copy);
	return 0;
}

/* No program waits twice: that one would hang on itself, which no digest can. */
static int renew_from(struct rebase *rebase, size_t index)
{
	size_t depth = 0;
	int result = 0;

	rebase->waiting[depth++] = index;
	while (!result && depth) {
		struct program *program = &rebase->programs[rebase->waiting[depth - 1]], *before = NULL;

		program->state = program->state == PROGRAM_NEW ? PROGRAM_NEW : PROGRAM_WAITS;
		visit_record(rebase, (struct tsem_record *)program->record, find_old, &before);
		if (before && before->state == PROGRAM_WAITS)
			return tsem_error_set(rebase->error, EBADMSG, "model %s: a program is its own parent",
					      rebase->model->name);
		if (before)
			rebase->waiting[depth++] = before - rebase->programs;
		else if (program->state != PROGRAM_NEW)
			result = renew_program(rebase, program);
		depth -= !before;
	}
	return result;
}

/* ---- events ---- */

static bool is_stranger(const struct rebase *rebase, const struct tsem_record *record)
{
	return (!digest_is_zero(record->task_id) && !find_program(rebase, record->task_id)) ||
	       (!digest_is_zero(record->ptask_id) && !find_program(rebase, record->ptask_id));
}

static struct tsem_record *renew_record(struct rebase *rebase, const struct tsem_record *record)
{
	tsem_u64 *causes = rebase->causes + rebase->index.count * rebase->words;
	struct tsem_record *copy = record_copy(record);

	if (!copy)
		return NULL;
	memset(causes, 0, rebase->words * sizeof(*causes));
	visit_record(rebase, copy, replace, causes);
	if (copy->event == TSEM_EVENT_bprm_committed_creds)
		record_task_id(copy, copy->task_id);
	tsem_record_coefficient(copy, copy->coefficient);
	for (size_t i = 0; i < rebase->contents->count; i++)
		rebase->contents->items[i].events += causes[i / 64] >> i % 64 & 1;
	rebase->rebased.events += memcmp(copy->coefficient, record->coefficient, TSEM_DIGEST_SIZE) != 0;
	rebase->rebased.strangers += is_stranger(rebase, record);
	return copy;
}

/* A decision that allows an event goes with it. What the others refuse is not computed here. */
static void renew_decision(struct rebase *rebase, const struct tsem_entry *old, const struct tsem_entry *new)
{
	const struct tsem_model *model = rebase->model;
	const struct tsem_decision *decision = tsem_model_decision(model, true, old->coefficient);

	if (decision)
		memcpy(rebase->keys[decision - model->decisions], new->coefficient, TSEM_DIGEST_SIZE);
}

static int renew_entry(struct rebase *rebase, const struct tsem_entry *old)
{
	struct tsem_record *record = old->record ? renew_record(rebase, old->record) : NULL;
	struct tsem_entry *entry;
	bool new;

	if (old->record && !record)
		return fail_memory(rebase);
	entry = tsem_set_add(&rebase->set, record ? record->coefficient : old->coefficient, &new);
	if (!entry) {
		free(record);
		return fail_memory(rebase);
	}
	entry_join(entry, old);
	renew_decision(rebase, old, entry);
	rebase->rebased.merged += !new;
	if (entry->record)
		free(record);
	else
		entry->record = record;
	return 0;
}

static int allocate(struct rebase *rebase)
{
	size_t count = 0;

	for (size_t i = 0; i < rebase->model->set.count; i++) {
		const struct tsem_record *record = rebase->model->set.entries[i].record;

		count += record && record->event == TSEM_EVENT_bprm_committed_creds;
	}
	rebase->words = (rebase->contents->count + 63) / 64;
	rebase->programs = calloc(count + 1, sizeof(*rebase->programs));
	rebase->waiting = calloc(count + 1, sizeof(*rebase->waiting));
	rebase->causes = calloc((count + 1) * (rebase->words + 1), sizeof(*rebase->causes));
	rebase->keys = calloc(rebase->model->decision_count + 1, sizeof(*rebase->keys));
	return rebase->programs && rebase->waiting && rebase->causes && rebase->keys ? 0 : fail_memory(rebase);
}

static int renew_all(struct rebase *rebase)
{
	int result = allocate(rebase);

	if (!result)
		result = find_programs(rebase);
	for (size_t i = 0; !result && i < rebase->index.count; i++)
		result = renew_from(rebase, i);
	for (size_t i = 0; !result && i < rebase->contents->count; i++)
		rebase->contents->items[i].events = 0;
	for (size_t i = 0; !result && i < rebase->model->set.count; i++)
		result = renew_entry(rebase, &rebase->model->set.entries[i]);
	return result;
}

/* All events are renewed. */
static void replace_decisions(const struct rebase *rebase, struct tsem_model *model)
{
	for (size_t i = 0; i < model->decision_count; i++)
		if (model->decisions[i].allow)
			memcpy(model->decisions[i].key, rebase->keys[i], TSEM_DIGEST_SIZE);
	model_sort_decisions(model);
}

int tsem_model_rebase(struct tsem_model *model, struct tsem_contents *contents, struct tsem_rebased *ret_rebased,
		      struct tsem_error *error)
{
	struct rebase rebase = {.model = model, .contents = contents, .error = error};
	int result = renew_all(&rebase);

	if (!result) {
		struct tsem_set old = model->set;

		model->set = rebase.set;
		rebase.set = old;
		replace_decisions(&rebase, model);
		*ret_rebased = rebase.rebased;
	}
	tsem_set_deinit(&rebase.set);
	tsem_set_deinit(&rebase.index);
	free(rebase.programs);
	free(rebase.waiting);
	free(rebase.causes);
	free(rebase.keys);
	return result;
}
