/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verdict on rare events; see core/rare.h. What it decides is what model.bpf.c decides. */
#include "core/rare.h"

/* There is no model: the record goes to whoever reads it. */
INLINE int rare_exports(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	if (!e->record.failure) {
		tsem_words_clear(e->record.coefficient, TSEM_DIGEST_SIZE);
		e->record.flags |= TSEM_RECORD_BARE;
	}
	record_send(e, ns, t->slot);
	return 0;
}

INLINE int rare_learns(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, void *model)
{
	int added = point_note(model, e->record.coefficient, ns);

	if (added > 0)
		record_send(e, ns, slot);
	else if (added < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

/* An agent outside the kernel decides, each time. */
INLINE int rare_asks(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	int told;

	if (e->waits) {
		tsem_words_clear(e->record.coefficient, TSEM_DIGEST_SIZE);
		e->record.flags |= TSEM_RECORD_WAITS;
		told = external_send(e, ns, t->slot, BPF_RB_NO_WAKEUP) ? 1 : 0;
	} else
		told = external_told(e, t);
	if (told)
		return told < 0 ? told : external_silent(t, ns);
	return e->waits ? TSEM_ASK : 0;
}

/* What could be described, of a task that is trusted: 0, TSEM_ASK, or -EPERM for what the model does not have. */
INLINE int rare_judged(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	__u32 slot = t->slot;
	void *model;

	if (t->options & TSEM_OPTION_EXTERNAL)
		return rare_asks(e, t, ns);
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	if (!model)
		return -EPERM;
	if (ns->mode == TSEM_MODE_FREE)
		return rare_learns(e, ns, slot, model);
	if (!point_find(model, e->record.coefficient, ns))
		return -ENOENT;
	return 0;
}

/* In free mode what cannot be modeled is recorded beside the model. */
INLINE int failure_noted(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns)
{
	__u32 slot = t->slot;
	void *forensics = bpf_map_lookup_elem(&tsem_forensics, &slot);

	if (forensics && point_note(forensics, e->record.coefficient, ns) > 0)
		record_send(e, ns, slot);
	return 0;
}

/* Nobody in a namespace that was stopped does anything more. */
INLINE int rare_stopped(struct tsem_namespace *ns)
{
	count(&ns->violations);
	count(&ns->refused);
	bpf_send_signal(SIGKILL);
	return -EPERM;
}

int tsem_decide_rare(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;
	bool forbidden;
	int verdict;

	if (!e || !t)
		return -EPERM;
	ns = namespace_of(t);
	if (!ns)
		return namespace_gone(t);
	forbidden = e->forbidden && !(t->flags & TSEM_TASK_LOOSE);
	if (!forbidden && event_bypassed(e->record.event, t))
		return 0;
	count(&ns->events);
	if (!forbidden && t->options & TSEM_OPTION_EXTERNAL && external_stopped(t))
		return rare_stopped(ns);
	record_fill(e, t);
	if (e->record.failure) {
		event_failed(e, ns, e->record.failure);
		failure_key(e);
	} else if (forbidden || ns->mode != TSEM_MODE_EXPORT)
		event_coefficient(e, event_name(e));
	if (!forbidden && ns->mode == TSEM_MODE_EXPORT)
		return rare_exports(e, t, ns);
	if (ns->mode != TSEM_MODE_FREE && !task_trusted(t, ns))
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
	if (!forbidden && !(e->record.flags & (TSEM_RECORD_FAILED | TSEM_RECORD_UNTRUSTED))) {
		verdict = rare_judged(e, t, ns);
		if (verdict != -ENOENT)
			return verdict;
	}
	if (!forbidden && ns->mode == TSEM_MODE_FREE)
		return failure_noted(e, t, ns);
	verdict = event_violates(e, t);
	return forbidden ? -EPERM : verdict;
}
