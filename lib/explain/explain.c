/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../event/digest.h"
#include "describe.h"
#include "nearest.h"

/* The starter of the first program, in words. */
struct origin {
	const char *actor; /* in a sentence */
	const char *starting; /* behind "started" */
	const char *learning; /* what to do for a first program that the model does not have; NULL: as for tsem run */
};

static const struct origin origins[] = {
	{"tsem", "by tsem", NULL},
	{"a process outside", "from outside", "start it in the same group while tsem learns"},
	{"systemd", "by systemd", "let the unit start it while tsem learns"},
	{"the container runtime", "by the container runtime",
	 "start it in the same way while tsem learns: with the container, or by exec"},
};

struct tsem_explainer {
	const struct origin *origin;
	const struct tsem_set *allowed;
	struct nearest *nearest; /* in it; NULL: nothing is allowed */
	struct tsem_set programs; /* by TASK_ID instead of coefficient; the record is the exec event */
	struct tsem_set names; /* of programs by their parent and their name; number is that of the newest one */
	size_t told; /* programs that came one by one */
};

struct tsem_explainer *tsem_explainer_create(const struct tsem_set *allowed)
{
	struct tsem_explainer *explainer = calloc(1, sizeof(*explainer));

	if (!explainer)
		return NULL;
	explainer->origin = &origins[0];
	if (!allowed)
		return explainer;
	explainer->allowed = allowed;
	explainer->nearest = nearest_create(allowed);
	if (!explainer->nearest) {
		free(explainer);
		return NULL;
	}
	tsem_explainer_learn_set(explainer, allowed);
	return explainer;
}

/* Engines name a container's group by its id. */
static bool has_container_id(const char *group)
{
	size_t digits = 0;

	for (; *group && digits < 64; group++)
		digits = isxdigit((unsigned char)*group) ? digits + 1 : 0;
	return digits == 64;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && !strcmp(text + length - size, end);
}

void tsem_explainer_begin(struct tsem_explainer *explainer, const char *group)
{
	explainer->origin = !group			 ? &origins[0] :
			    has_container_id(group)	 ? &origins[3] :
			    ends_with(group, ".service") ? &origins[2] :
							   &origins[1];
}

bool tsem_explainer_outside(const struct tsem_explainer *explainer)
{
	return explainer->origin != &origins[0];
}

void tsem_explainer_destroy(struct tsem_explainer *explainer)
{
	if (!explainer)
		return;
	nearest_destroy(explainer->nearest);
	tsem_set_deinit(&explainer->programs);
	tsem_set_deinit(&explainer->names);
	free(explainer);
}

/* A process is called by the last part of the path, as far as there is room for it. */
static void make_name_key(const tsem_u8 *ptask_id, const char *name, tsem_u8 *ret_key)
{
	struct {
		tsem_u8 ptask_id[TSEM_DIGEST_SIZE];
		char name[TSEM_COMM_SIZE];
	} parts = {};

	memcpy(parts.ptask_id, ptask_id, sizeof(parts.ptask_id));
	memcpy(parts.name, name, strnlen(name, TSEM_COMM_SIZE - 1));
	digest_bytes(&parts, sizeof(parts), ret_key);
}

static void learn_name(struct tsem_explainer *explainer, const struct tsem_record *record, size_t number)
{
	struct tsem_buffer path = {};
	tsem_u8 key[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;
	const char *base;

	tsem_record_object(record, &path);
	base = path.size ? strrchr(path.data, '/') : NULL;
	if (base) {
		make_name_key(record->ptask_id, base + 1, key);
		entry = tsem_set_add(&explainer->names, key, NULL);
		if (entry)
			entry->number = number;
	}
	tsem_buffer_deinit(&path);
}

/* Out of memory costs a name, not the explanation. Whether it was new. */
static bool learn(struct tsem_explainer *explainer, const struct tsem_record *record)
{
	struct tsem_entry *entry;
	bool is_new;

	if (record->event != TSEM_EVENT_bprm_committed_creds || record->flags & TSEM_RECORD_FAILED)
		return false;
	entry = tsem_set_add(&explainer->programs, record->task_id, &is_new);
	if (!entry || !is_new)
		return false;
	entry->record = malloc(record->size);
	if (entry->record) {
		memcpy(entry->record, record, record->size);
		learn_name(explainer, record, entry - explainer->programs.entries);
	}
	return true;
}

void tsem_explainer_learn(struct tsem_explainer *explainer, const struct tsem_record *record)
{
	if (explainer->told < TSEM_EXPLAINER_PROGRAMS)
		explainer->told += learn(explainer, record);
}

void tsem_explainer_learn_set(struct tsem_explainer *explainer, const struct tsem_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (set->entries[i].record)
			learn(explainer, set->entries[i].record);
	}
}

static const struct tsem_record *find_program(const struct tsem_explainer *explainer, const tsem_u8 *task_id)
{
	const struct tsem_entry *entry = digest_is_zero(task_id) ? NULL : tsem_set_find(&explainer->programs, task_id);

	return entry ? entry->record : NULL;
}

static void describe_process(const struct tsem_record *record, struct tsem_buffer *out)
{
	const char *comm = (const char *)record->comm;

	tsem_buffer_printf(out, "a process called '");
	buffer_escape(out, record->comm, strnlen(comm, TSEM_COMM_SIZE));
	tsem_buffer_printf(out, "'");
}

/* Programs that one process executed in turn share a PTASK_ID. The process has the name of the last. */
static const struct tsem_record *find_predecessor(const struct tsem_explainer *explainer,
						  const struct tsem_record *record)
{
	const struct tsem_entry *entry;
	tsem_u8 key[TSEM_DIGEST_SIZE];

	make_name_key(record->ptask_id, (const char *)record->comm, key);
	entry = tsem_set_find(&explainer->names, key);
	return entry ? explainer->programs.entries[entry->number].record : NULL;
}

/*
 * The TASK_ID of an exec event is already that of the new program. Until a task has executed something after its fork,
 * its parent's program executes. A task without a TASK_ID has not executed any: it is on its way to the workload.
 */
void tsem_explain_program(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out)
{
	bool exec = record->event == TSEM_EVENT_bprm_committed_creds;
	const struct tsem_record *program;
	const tsem_u8 *id = NULL;

	if (!exec)
		id = record->task_id;
	else if (record->ttd == record->p_ttd)
		id = record->ptask_id;
	program = id ? find_program(explainer, id) : find_predecessor(explainer, record);
	if (program)
		tsem_record_object(program, out);
	else if (id && digest_is_zero(id))
		tsem_buffer_printf(out, "%s", explainer->origin->actor);
	else
		describe_process(record, out);
}

static void add_origin(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out)
{
	const struct tsem_record *program = find_program(explainer, record->ptask_id);

	if (program)
		tsem_record_object(program, out);
	else if (digest_is_zero(record->ptask_id))
		tsem_buffer_printf(out, "%s", explainer->origin->actor);
}

/* In an exec event, the parent is already the acting program. */
void tsem_explain_parent(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out)
{
	if (record->event != TSEM_EVENT_bprm_committed_creds)
		add_origin(explainer, record, out);
}

#define CHAIN_MAX 32

/* The chain of programs, by the identities of the parents at the fork. */
size_t tsem_explain_chain(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out)
{
	bool exec = record->event == TSEM_EVENT_bprm_committed_creds;
	const struct tsem_record *programs[CHAIN_MAX], *program = record;
	size_t known = 0, names = 0, i;

	while (known < CHAIN_MAX && (program = find_program(explainer, program->ptask_id)))
		programs[known++] = program;
	if (known < CHAIN_MAX && digest_is_zero(known ? programs[known - 1]->ptask_id : record->ptask_id)) {
		tsem_buffer_add(out, explainer->origin->actor, strlen(explainer->origin->actor) + 1);
		names++;
	}
	for (i = known; i-- > 0; names++) {
		tsem_record_object(programs[i], out);
		tsem_buffer_add(out, "", 1);
	}
	/* A program that executes another without a fork since its own exec is not among its parents yet. */
	if (!exec || record->ttd != record->p_ttd) {
		tsem_explain_program(explainer, record, out);
		tsem_buffer_add(out, "", 1);
		names++;
	}
	return names;
}

static bool name_program(const void *context, const tsem_u8 *id, struct tsem_buffer *out)
{
	const struct tsem_record *program = find_program(context, id);

	if (program)
		tsem_record_object(program, out);
	return program;
}

void tsem_explain_deed(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out)
{
	record_describe(record, name_program, explainer, out);
}

/* Of a program whose parent has no identity. */
static void add_start(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out)
{
	if (record->event != TSEM_EVENT_bprm_committed_creds && !digest_is_zero(record->task_id))
		tsem_buffer_printf(out, ", started %s,", explainer->origin->starting);
}

void tsem_explain_action(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out)
{
	struct tsem_buffer parent = {0};

	tsem_explain_program(explainer, record, out);
	if (digest_is_zero(record->ptask_id)) /* the first program: its starter is not in the namespace */
		add_start(explainer, record, out);
	else
		tsem_explain_parent(explainer, record, &parent);
	if (parent.size)
		tsem_buffer_printf(out, ", started by %s,", parent.data);
	tsem_buffer_deinit(&parent);
	tsem_buffer_printf(out, " ");
	tsem_explain_deed(explainer, record, out);
}

const char *tsem_explain_failure(const struct tsem_record *record)
{
	if (!(record->flags & TSEM_RECORD_FAILED))
		return NULL;
	switch (record->failure) {
#define FAILURE(number, name, sentence) \
	case number: \
		return sentence;
		TSEM_FAILURES(FAILURE)
#undef FAILURE
	}
	return "for a reason that this version does not know";
}

const struct tsem_record *tsem_explain_nearest(const struct tsem_explainer *explainer, const struct tsem_record *record)
{
	if (!explainer->nearest || record->flags & TSEM_RECORD_FAILED)
		return NULL;
	return nearest_find(explainer->nearest, record);
}

/* "program /usr/bin/grep there, /usr/bin/cat here": the two sides as their texts. */
static void add_pair(const char *label, const struct tsem_buffer *sides, struct tsem_buffer *out)
{
	bool same = sides[0].size == sides[1].size &&
		    (sides[0].size == 0 || memcmp(sides[0].data, sides[1].data, sides[0].size) == 0);

	tsem_buffer_printf(out, "%s%s ", out->size ? "; " : "", label);
	if (same)
		tsem_buffer_printf(out, "of another version or started in another way");
	else
		tsem_buffer_printf(out, "%s there, %s here", sides[0].size ? sides[0].data : "unknown",
				   sides[1].size ? sides[1].data : "unknown");
}

static void compare_programs(const struct tsem_explainer *explainer, const struct tsem_record *allowed,
			     const struct tsem_record *record, struct tsem_buffer *out)
{
	bool exec = record->event == TSEM_EVENT_bprm_committed_creds;
	struct tsem_buffer sides[2] = {0};

	if (memcmp(allowed->task_id, record->task_id, TSEM_DIGEST_SIZE) != 0 && !exec) {
		tsem_explain_program(explainer, allowed, &sides[0]);
		tsem_explain_program(explainer, record, &sides[1]);
		add_pair("program", sides, out);
		sides[0].size = sides[1].size = 0;
	}
	if (memcmp(allowed->ptask_id, record->ptask_id, TSEM_DIGEST_SIZE) != 0) {
		add_origin(explainer, allowed, &sides[0]);
		add_origin(explainer, record, &sides[1]);
		add_pair("parent program", sides, out);
	}
	tsem_buffer_deinit(&sides[0]);
	tsem_buffer_deinit(&sides[1]);
}

/*
 * The library identifies programs by their digests, and an explanation by their paths. The library gets a copy in which
 * the digests do not differ.
 */
void tsem_explain_difference(const struct tsem_explainer *explainer, const struct tsem_record *allowed,
			     const struct tsem_record *record, struct tsem_buffer *out)
{
	struct tsem_buffer programs = {0}, rest = {0};
	struct tsem_record *copy = malloc(allowed->size);

	if (!copy)
		return;
	memcpy(copy, allowed, allowed->size);
	memcpy(copy->task_id, record->task_id, TSEM_DIGEST_SIZE);
	memcpy(copy->ptask_id, record->ptask_id, TSEM_DIGEST_SIZE);
	tsem_record_difference(copy, record, &rest);
	compare_programs(explainer, allowed, record, &programs);
	tsem_buffer_printf(out, "%s%s%s", programs.size ? programs.data : "", programs.size && rest.size ? "; " : "",
			   rest.size ? rest.data : "");
	tsem_buffer_deinit(&programs);
	tsem_buffer_deinit(&rest);
	free(copy);
}

static bool has_records(const struct tsem_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (set->entries[i].record)
			return true;
	}
	return false;
}

void tsem_explain_reason(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out)
{
	const struct tsem_record *nearest = tsem_explain_nearest(explainer, record);

	if (record->flags & TSEM_RECORD_FAILED) {
		tsem_buffer_printf(out, "The reason: %s.", tsem_explain_failure(record));
	} else if (!explainer->allowed) {
		return;
	} else if (tsem_set_find(explainer->allowed, record->coefficient)) {
		tsem_buffer_printf(
			out, record->flags & TSEM_RECORD_UNTRUSTED ?
				     "The model allows it, but the process is untrusted since an earlier violation." :
				     "The model allows it now; the one that it has replaced did not.");
	} else if (nearest) {
		tsem_buffer_printf(out, "The nearest that the model allows: ");
		tsem_explain_action(explainer, nearest, out);
		tsem_buffer_printf(out, ". The difference: ");
		tsem_explain_difference(explainer, nearest, record, out);
		tsem_buffer_printf(out, ".");
	} else if (record->event == TSEM_EVENT_system_call) {
		tsem_buffer_printf(out, "It was not used while the model was learned.");
	} else if (has_records(explainer->allowed)) {
		tsem_buffer_printf(out, "The model allows no event of this kind (%s).", tsem_event_name(record->event));
	} else {
		tsem_buffer_printf(out, "The model has only coefficients, so tsem cannot name an allowed event.");
	}
}

/* The description of the event already says that it could not be modeled. */
void tsem_explain_verdict(const struct tsem_record *record, struct tsem_buffer *out)
{
	if (record->flags & TSEM_RECORD_REFUSED)
		tsem_buffer_printf(out, "refused");
	else if (record->flags & TSEM_RECORD_FAILED)
		tsem_buffer_printf(out, "let through");
	else
		tsem_buffer_printf(out, record->flags & TSEM_RECORD_UNTRUSTED ? "let through" :
										"not in the model, let through");
}

/* Done on the way to the workload. */
static bool is_beginning(const struct tsem_record *record)
{
	return digest_is_zero(record->event == TSEM_EVENT_bprm_committed_creds ? record->ptask_id : record->task_id);
}

#define BEGINNINGS_MAX 3

/*
 * The first programs of the model, separated by "or"; a merged model may have several. False: this run begins with one
 * of them, or with a script that the model begins with, whatever is in it now: what a script executes is its interpreter.
 */
static bool add_beginnings(const struct tsem_explainer *explainer, const struct tsem_record *begun,
			   const struct tsem_buffer *here, struct tsem_buffer *out)
{
	const struct tsem_set *allowed = explainer->allowed;
	struct tsem_buffer there = {0};
	size_t found = 0;
	bool other = true;

	for (size_t i = 0; i < allowed->count && other; i++) {
		const struct tsem_record *record = allowed->entries[i].record;

		bool exec = record && record->event == TSEM_EVENT_bprm_committed_creds;

		if (!record || !(exec || record->event == begun->event) || !is_beginning(record))
			continue;
		there.size = 0;
		tsem_record_object(record, &there);
		other = there.size && strcmp(there.data, here->data) != 0;
		if (exec && found++ < BEGINNINGS_MAX)
			tsem_buffer_printf(out, "%s%s", found > 1 ? " or " : "", there.data ? there.data : "?");
	}
	if (found > BEGINNINGS_MAX)
		tsem_buffer_printf(out, " or %zu others", found - BEGINNINGS_MAX);
	tsem_buffer_deinit(&there);
	return other && found;
}

bool tsem_explain_beginning(const struct tsem_explainer *explainer, const struct tsem_record *record,
			    struct tsem_buffer *out)
{
	struct tsem_buffer here = {0}, there = {0};
	bool other;

	if (!explainer->allowed || !is_beginning(record) || record->flags & TSEM_RECORD_FAILED)
		return false;
	tsem_record_object(record, &here);
	other = here.size && add_beginnings(explainer, record, &here, &there);
	if (other && explainer->origin->learning)
		tsem_buffer_printf(out,
				   "In this model %s starts %s, here it starts %s. If that belongs to the workload, %s.",
				   explainer->origin->actor, there.data, here.data, explainer->origin->learning);
	else if (other)
		tsem_buffer_printf(
			out,
			"This model begins with %s, this run begins with %s: the identity of a program includes its parent.",
			there.data, here.data);
	tsem_buffer_deinit(&here);
	tsem_buffer_deinit(&there);
	return other;
}
