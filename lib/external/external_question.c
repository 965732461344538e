/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Questions to the caller, in place of an agent: each is given to it once, and answered whenever it decides. */
#include "external.h"

#include "../event/locks.h"
#include "../tma/tma.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#define LOCKED_SLACK_MS 1000

static const struct tsem_verdict nobody = {.trusted = false, .reason = TSEM_REASON_late};

static void append(struct external *x, struct asked *asked)
{
	asked->behind = NULL;
	*x->backlog_end = asked;
	x->backlog_end = &asked->behind;
}

static struct asked *take_out(struct external *x, tsem_u64 number)
{
	struct asked **at = &x->backlog, *found;

	while (*at && (*at)->record.number != number)
		at = &(*at)->behind;
	found = *at;
	if (!found)
		return NULL;
	*at = found->behind;
	if (!*at)
		x->backlog_end = at;
	return found;
}

/* The caller has more to decide than there is room for: fails closed. */
void question_put(struct external *x, struct asked *asked)
{
	if (notes_put(&x->questions, &asked->record))
		append(x, asked);
	else
		external_judge(asked, &nobody);
}

/* From now on the kernel side finds the event in its model. Without room for it the answer counts once. */
static void add_to_model(struct external *x, const struct tsem_record *record)
{
	struct tsem_namespace *ns = &x->setup.kernel->slots[x->setup.slot];
	struct tsem_point point = {.count = 1, .number = __atomic_add_fetch(&ns->points, 1, __ATOMIC_RELAXED)};

	if (bpf_map_update_elem(x->model, record->coefficient, &point, BPF_NOEXIST) && errno != EEXIST)
		external_count(x, &ns->failures[TSEM_FAILURE_model_full]);
}

static void take_decision(struct external *x, const struct decision *decision)
{
	const struct tsem_verdict verdict = {.trusted = decision->trusted, .reason = TSEM_REASON_violation};
	struct asked *asked = take_out(x, decision->number);

	if (!asked)
		return;
	if (decision->trusted && decision->lasting)
		add_to_model(x, &asked->record);
	external_judge(asked, &verdict);
}

/*
 * The caller refuses such events itself when it is time to. Whatever it does meanwhile may need the lock, so that it
 * would wait for itself: here nothing needs one.
 */
static void release_locks(struct external *x)
{
	tsem_u64 now = tma_now();
	struct asked *asked = x->backlog, *next;

	for (; asked; asked = next) {
		next = asked->behind;
		if (now - asked->since >= LOCKED_MS + LOCKED_SLACK_MS && record_locks(&asked->record))
			external_judge(take_out(x, asked->record.number), &nobody);
	}
}

void questions_turn(struct external *x)
{
	struct decision *decision, *next;
	eventfd_t count;

	release_locks(x);
	if (eventfd_read(x->decided, &count))
		return;
	pthread_mutex_lock(&x->lock);
	decision = x->decisions;
	x->decisions = NULL;
	x->decisions_end = &x->decisions;
	pthread_mutex_unlock(&x->lock);
	for (; decision; decision = next) {
		next = decision->next;
		take_decision(x, decision);
		free(decision);
	}
}

void questions_end(struct external *x)
{
	struct asked *asked;

	questions_turn(x);
	while ((asked = x->backlog)) {
		x->backlog = asked->behind;
		external_judge(asked, &nobody);
	}
	x->backlog_end = &x->backlog;
}

int external_questions_fd(const struct external *x)
{
	return x->questions.ready;
}

void external_questions(struct external *x, void (*fn)(void *context, const struct tsem_record *record), void *context)
{
	struct note *note, *next;

	for (note = notes_take(&x->questions); note; note = next) {
		next = note->next;
		fn(context, (const struct tsem_record *)note->record);
		free(note);
	}
}

bool external_decide(struct external *x, tsem_u64 number, bool trusted, bool lasting)
{
	struct decision *decision = malloc(sizeof(*decision));

	if (!decision)
		return false;
	*decision = (struct decision){.number = number, .trusted = trusted, .lasting = lasting};
	pthread_mutex_lock(&x->lock);
	*x->decisions_end = decision;
	x->decisions_end = &decision->next;
	pthread_mutex_unlock(&x->lock);
	eventfd_write(x->decided, 1);
	return true;
}
