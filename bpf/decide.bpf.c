/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trusted modeling agent of internal namespaces: coefficient, look-up, verdict, record. */
#include "core/event.h"
#include "core/external.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/points.h"
#include "core/record.h"
#include "core/renamed.h"
#include "core/seen.h"
#include "core/task.h"
#include "../engine/coefficient.h"

/* H(event name) by event number, set by the library before loading. */
const volatile __u8 tsem_names[TSEM_EVENT_LIMIT][TSEM_DIGEST_SIZE] __attribute__((aligned(8)));

INLINE bool event_bypassed(__u32 event, const struct tsem_task *t)
{
	return t->options & TSEM_OPTION_BYPASS(tsem_classes[event & (TSEM_EVENT_LIMIT - 1)]);
}

INLINE const __u8 *event_name(const struct tsem_event *e)
{
	return (const __u8 *)tsem_names[e->record.event & (TSEM_EVENT_LIMIT - 1)];
}

/* There is no model: the record goes to whoever reads it. Only programs need their coefficient, which is their TASK_ID. */
INLINE int event_exports(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	if (!e->record.failure && e->record.event != TSEM_EVENT_bprm_committed_creds) {
		tsem_words_clear(e->record.coefficient, TSEM_DIGEST_SIZE);
		e->record.flags |= TSEM_RECORD_BARE;
	}
	record_send(e, ns, t->slot);
	return 0;
}

INLINE int event_learns(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, void *model)
{
	int added = point_add(model, e->record.coefficient, ns);

	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

/* The second look is the one that counts. */
INLINE int event_again(struct tsem_namespace *ns)
{
	__sync_fetch_and_add(&ns->events, -1);
	return EVENT_AGAIN;
}

/*
 * What could be described, of a task that is trusted: 0, TSEM_ASK, -ENOENT for what the model does not have, or
 * EVENT_AGAIN, or EXTERNAL_SILENT.
 */
INLINE int event_judged(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, bool rare)
{
	__u64 external = unknown(t->options & TSEM_OPTION_EXTERNAL, ns->id);
	void *model = of_slot(&tsem_models, t->slot);

	if (!model)
		return -EPERM;
	if (!external && point_find(model, e->record.coefficient, ns)) {
		if (!rare)
			event_keep(e);
		e->trusted = 1;
		return 0;
	}
	if (e->again == AGAIN_FIRST)
		return event_again(ns);
	if (t->options & TSEM_OPTION_ASK)
		external |= e->waits;
	if (unknown(external, ns->id))
		return external_asks(e, t, ns, model);
	return ns->mode == TSEM_MODE_FREE ? event_learns(e, ns, t->slot, model) : -ENOENT;
}

/*
 * What is known of the event, in memory that the verifier does not follow: otherwise it would look at all that
 * comes later once for each case.
 */
#define DECIDING_ASKS 1 /* whether the model has it, if it could be described */
#define DECIDING_FORBIDDEN 2
#define DECIDING_BYPASSED 4

INLINE void deciding_note(struct tsem_event *e, __u32 known)
{
	*(volatile __u32 *)&e->deciding = known;
}

INLINE bool deciding(const struct tsem_event *e, __u32 what)
{
	return *(const volatile __u32 *)&e->deciding & what;
}

INLINE bool event_asks(const struct tsem_event *e)
{
	return deciding(e, DECIDING_ASKS) && !(*(const volatile __u32 *)&e->record.flags & TSEM_RECORD_FAILED);
}

INLINE bool event_execs(const struct tsem_event *e)
{
	return *(const volatile __u16 *)&e->record.event == TSEM_EVENT_bprm_committed_creds;
}

/*
 * The coefficient of an event that waits comes with the answer. A program has its identity from us. Of an export only
 * programs need theirs.
 */
INLINE bool event_hashes(const struct tsem_event *e, const struct tsem_task *t, const struct tsem_namespace *ns)
{
	if (event_execs(e))
		return 1;
	if (event_asks(e) && t->options & TSEM_OPTION_EXTERNAL && e->waits)
		return 0;
	return deciding(e, DECIDING_FORBIDDEN) || ns->mode != TSEM_MODE_EXPORT;
}

/* Refused in every mode, cannot be modeled, not trusted, or not in the model; silent: nobody could be asked. */
INLINE int event_outside(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, __u64 silent)
{
	int verdict;

	if (!unknown(silent, ns->id) && !deciding(e, DECIDING_FORBIDDEN) && ns->mode == TSEM_MODE_FREE)
		return failure_noted(e, t, ns);
	verdict = event_violates(e, t, ns, silent);
	return deciding(e, DECIDING_FORBIDDEN) ? -EPERM : verdict;
}

/*
 * Fails closed: a namespace or map that is not there means that somebody took
 * it away under a living task. A task of the root namespace is no workload, so
 * nothing is refused to it. A program gets its identity even if its class is not
 * modeled, because its modeled events depend on the identity.
 *
 * One function for each program that calls it: each function of a program has
 * pages of its own. rare: events that are found in the model are not remembered.
 */
INLINE int event_decide(struct tsem_event *e, struct tsem_task *t, bool rare)
{
	struct tsem_namespace *ns = namespace_of(t);
	bool forbidden, bypassed, asks, untrusted;
	int verdict = -ENOENT;

	if (!ns)
		return namespace_gone(t);
	forbidden = e->forbidden && !(t->flags & TSEM_TASK_LOOSE);
	bypassed = !forbidden && event_bypassed(e->record.event, t);
	if (bypassed && !event_execs(e))
		return 0;
	if (!bypassed)
		count(&ns->events);
	asks = !forbidden && !bypassed && ns->mode != TSEM_MODE_EXPORT;
	if (asks && t->options & TSEM_OPTION_EXTERNAL && external_stopped(t))
		return external_ended(ns);
	untrusted = ns->mode != TSEM_MODE_FREE && ns->mode != TSEM_MODE_EXPORT && !task_trusted(t, ns);
	asks = asks && !untrusted;
	if (!rare && asks && event_recognised(e, t, ns, 1))
		return 0;
	deciding_note(e, (asks ? DECIDING_ASKS : 0) | (forbidden ? DECIDING_FORBIDDEN : 0) |
				 (bypassed ? DECIDING_BYPASSED : 0));
	if (untrusted)
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
	record_fill(e, t, ns);
	if (e->record.failure && !deciding(e, DECIDING_BYPASSED))
		event_failed(e, ns, e->record.failure);
	if (!rare && event_asks(e) && event_known(e, t))
		return 0;
	if (event_hashes(e, t, ns))
		event_coefficient(e, event_name(e));
	if (e->record.failure)
		failure_key(e, event_hashes(e, t, ns));
	if (deciding(e, DECIDING_BYPASSED))
		return 0;
	if (!deciding(e, DECIDING_FORBIDDEN) && ns->mode == TSEM_MODE_EXPORT)
		return e->again == AGAIN_FIRST ? event_again(ns) : event_exports(e, t, ns);
	if (event_asks(e))
		verdict = event_judged(e, t, ns, rare);
	if (verdict != -ENOENT && verdict != EXTERNAL_SILENT)
		return verdict;
	return event_outside(e, t, ns, unknown(verdict == EXTERNAL_SILENT, ns->id));
}

int tsem_decide(struct tsem_event *e, struct tsem_task *t)
{
	return e && t ? event_decide(e, t, 0) : -EPERM;
}

int tsem_decide_rare(struct tsem_event *e, struct tsem_task *t)
{
	return e && t ? event_decide(e, t, 1) : -EPERM;
}

/*
 * Who the task will be when the exec has committed, so that its first events are
 * recognised too. It follows from the exec, and is kept with it.
 */
int tsem_next_who(struct tsem_event *e)
{
	struct seen_place place;
	struct tsem_seen *found;
	void *seen;

	if (!e || !e->who || e->next_who)
		return 0;
	seen = seen_map(e->slot, e->record.cell_size);
	if (!seen)
		return 0;
	who_number(e);
	found = bpf_map_lookup_elem(seen, seen_key(e, &place));
	seen_key_end(&place);
	if (found)
		found->next_who = e->next_who;
	return 0;
}

int tsem_exhausted(struct tsem_task *t, __u32 event)
{
	struct tsem_namespace *ns;

	if (!t)
		return -EPERM;
	if (event_bypassed(event, t))
		return 0;
	ns = namespace_of(t);
	if (!ns)
		return namespace_gone(t);
	count(&ns->events);
	count(&ns->failures[TSEM_FAILURE_scratch]);
	if (ns->mode == TSEM_MODE_EXPORT) {
		count(&ns->records);
		count(&ns->lost);
	}
	if (ns->mode == TSEM_MODE_ENFORCING)
		count(&ns->violations);
	if (!namespace_refuses(ns))
		return 0;
	count(&ns->refused);
	return -EPERM;
}

int tsem_ask(struct tsem_task *t, __u64 number)
{
	struct tsem_external *external;
	struct tsem_namespace *ns;
	struct tsem_answer *answer;
	int verdict;

	if (!t)
		return -EPERM;
	external = external_of(t);
	ns = namespace_of(t);
	if (!ns)
		return -EPERM;
	answer = bpf_task_storage_get(&tsem_answers, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!external || !answer || !external_answered(t, external, answer, number))
		verdict = external_silent(ns);
	else
		verdict = external_settle(t, ns, answer);
	return verdict ? external_refuse(t, ns) : 0;
}
