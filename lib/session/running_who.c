/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which program of a model a process is that was not seen to begin. A program is known by its executable, by the program
 * that its process was forked from, and by the credentials that it began with. The first is certain. The second is as
 * long as the parent lives and has executed nothing since; the third may have changed. So the one of those with the same
 * executable is taken that has most of the other two in common, if there is one such.
 */
#include "../event/codec.h"
#include "../event/digest.h"
#include "running_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_PROGRAM "which the model does not start as it is here"
#define SEVERAL "which may be more than one program of the model"

struct programs {
	const struct tsem_model *model;
	const struct tsem_record **items; /* the events that start them */
	size_t count;
};

static int find_programs(const struct tsem_model *model, struct programs *ret_programs)
{
	const struct tsem_set *set = &model->set;

	*ret_programs =
		(struct programs){.model = model, .items = calloc(set->count + 1, sizeof(*ret_programs->items))};
	if (!ret_programs->items)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++) {
		const struct tsem_record *record = set->entries[i].record;

		if (record && record->event == TSEM_EVENT_bprm_committed_creds && !(record->flags & TSEM_RECORD_FAILED))
			ret_programs->items[ret_programs->count++] = record;
	}
	return 0;
}

static bool item_is(const struct item *item, const void *bytes, size_t size)
{
	return item && item->size == size && !memcmp(item->data, bytes, size);
}

/* The path and the content, or what stands for it, and who may change them. */
static bool has_executable(const struct programs *programs, const struct running_process *p,
			   const struct tsem_record *program)
{
	const struct tsem_model *model = programs->model;
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	struct codec codec;

	if (!codec_decode_record(&codec, program) ||
	    !item_is(codec_find(&codec, "file.path.pathname"), p->path, strlen(p->path)))
		return false;
	memcpy(digest, p->content, sizeof(digest));
	if (tsem_model_has_pseudonym(model, p->path))
		tsem_pseudonym_digest(p->path, digest);
	if (digest_is_zero(digest) || !item_is(codec_find(&codec, "file.digest"), digest, sizeof(digest)) ||
	    codec_number(&codec, "file.inode.mode") != p->file.st_mode)
		return false;
	return model->options & TSEM_OPTION_IDS_CURRENT || (codec_number(&codec, "file.inode.uid") == p->file.st_uid &&
							    codec_number(&codec, "file.inode.gid") == p->file.st_gid);
}

/* parent: the program that it was forked from; NULL: not known. */
static unsigned likeness(const struct running_process *p, const tsem_u8 *parent, const struct tsem_record *program)
{
	bool forked = parent && !memcmp(program->ptask_id, parent, TSEM_DIGEST_SIZE);

	return 1 + 2 * forked + !memcmp(&program->coe, &p->coe, sizeof(p->coe));
}

static const struct tsem_record *find_program(const struct programs *programs, const struct running_process *p,
					      const tsem_u8 *parent, const char **ret_unknown)
{
	const struct tsem_record *found = NULL;
	unsigned best = 0, now;
	bool several = false;

	for (size_t i = 0; i < programs->count; i++) {
		if (!has_executable(programs, p, programs->items[i]))
			continue;
		now = likeness(p, parent, programs->items[i]);
		several = now == best ?
				  several || memcmp(found->task_id, programs->items[i]->task_id, TSEM_DIGEST_SIZE) :
				  now < best && several;
		if (now > best) {
			best = now;
			found = programs->items[i];
		}
	}
	*ret_unknown = !found ? NO_PROGRAM : several ? SEVERAL : NULL;
	return *ret_unknown ? NULL : found;
}

/* A program that nobody knows has an identity that no digest is. */
static void set_unknown(struct running_process *p)
{
	memset(p->task.task_id, 0xff, TSEM_DIGEST_SIZE);
	memset(p->task.ptask_id, 0xff, TSEM_DIGEST_SIZE);
}

static void inherit(struct running_process *p, const struct running_process *parent)
{
	memcpy(p->task.streams, parent->task.streams, sizeof(p->task.streams));
	p->task.home = parent->task.home;
}

/* Forked from a process that is known, and the same program since. */
static void be_child(struct running_process *p, const struct running_process *parent)
{
	memcpy(p->task.task_id, parent->task.task_id, TSEM_DIGEST_SIZE);
	memcpy(p->task.ptask_id, parent->task.task_id, TSEM_DIGEST_SIZE);
	p->unknown = parent->unknown;
}

static void settle(const struct programs *programs, struct running_process *p, const struct running_process *parent)
{
	static const tsem_u8 outside[TSEM_DIGEST_SIZE];
	const struct tsem_record *program;
	const tsem_u8 *from = NULL;

	p->settled = true;
	if (parent)
		inherit(p, parent);
	if (parent && p->parent_same && !p->executes) {
		be_child(p, parent);
		return;
	}
	if (!parent)
		from = outside; /* or it is gone, and another has its children */
	else if (p->parent_same && !parent->unknown)
		from = parent->task.task_id;
	program = p->path ? find_program(programs, p, from, &p->unknown) : NULL;
	if (!program) {
		p->unknown = p->unknown ? p->unknown : NO_PROGRAM;
		set_unknown(p);
		return;
	}
	memcpy(p->task.task_id, program->task_id, TSEM_DIGEST_SIZE);
	/* Who has executed nothing since its fork was forked from the same program. */
	memcpy(p->task.ptask_id, p->executes ? program->ptask_id : program->task_id, TSEM_DIGEST_SIZE);
}

/* Parents before their children. What is left are those that are each other's, which the kernel does not have. */
int running_recognise(struct running_set *set, const struct tsem_model *model, struct tsem_error *error)
{
	struct programs programs;
	bool more = true;

	if (find_programs(model, &programs))
		return tsem_error_set(error, ENOMEM, "out of memory");
	while (more) {
		more = false;
		for (size_t i = 0; i < set->process_count; i++) {
			struct running_process *p = &set->processes[i];
			const struct running_process *parent =
				p->parent == RUNNING_NONE ? NULL : &set->processes[p->parent];

			if (p->settled || (parent && !parent->settled))
				continue;
			settle(&programs, p, parent);
			more = true;
		}
	}
	free(programs.items);
	return 0;
}
