/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * External namespaces: who decides is a modeling agent outside the kernel. In a
 * hook that may sleep the task puts its event into the ring and waits for the
 * answer; an event of another hook is put there and goes on, and the
 * orchestrator stops the namespace when the agent finds it untrusted. Whatever
 * is not exactly the answer to this event, of the orchestrator that made the
 * namespace, is "untrusted". Model and forensics of such a namespace only
 * mirror what the agent decided, for whoever looks at it.
 */
#ifndef TSEM_BPF_EXTERNAL_H
#define TSEM_BPF_EXTERNAL_H

#include "answer.h"
#include "event.h"
#include "kernel.h"
#include "maps.h"
#include "points.h"
#include "record.h"
#include "task.h"

#define EXTERNAL_SILENT (-ELOOP) /* between these functions only */

/* An untrusted event of which only the counts are left: the orchestrator has its record, if there still is one. */
INLINE int external_refuse(struct tsem_task *t, struct tsem_namespace *ns)
{
	bool refuse = namespace_refuses(ns);

	violation_count(t, ns, 1, refuse);
	return refuse ? -EPERM : 0;
}

/* Nobody could be asked, or there was no answer to this event: a violation of which only the counts are left. */
INLINE int external_silent(struct tsem_namespace *ns)
{
	count(&ns->failures[TSEM_FAILURE_agent]);
	return EXTERNAL_SILENT;
}

/* Behind the record is the number of who it is of, for the key under which the kernel recognises the event. */
INLINE int external_send(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, __u64 wakeup)
{
	TSEM_STORE(64, cell_tail(e), e->who);
	return record_put(e, ns, slot, sizeof(e->who), wakeup);
}

/*
 * What cannot wait would go on unseen without an orchestrator: when there is no helper, and when the thread that
 * judges has given no sign of life for as long as an answer may take.
 */
INLINE bool external_served(const struct tsem_external *external)
{
	struct task_struct *object;
	struct super_block *sb;

	if (bpf_ktime_get_ns() > external->served_until)
		return 0;
	object = bpf_task_from_pid(external->helper);
	if (!object)
		return 0;
	sb = READ_ONLY(struct task_struct, object)->mm->exe_file->f_inode->i_sb;
	bpf_task_release(object);
	return READ_ONLY(struct super_block, sb)->s_dev == external->device;
}

/* Counts the event where the agent is expected to have it; the orchestrator takes back what was not trusted. 1: nobody heard it. */
INLINE int external_told(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, void *model)
{
	struct tsem_external *external = external_of(t);

	if (!external)
		return -EPERM;
	if (!external_served(external) || external_send(e, ns, t->slot, 0))
		return 1;
	if (point_add(model, e->record.coefficient, ns) < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

/* Nobody in a namespace that was stopped does anything more. */
INLINE int external_ended(struct tsem_namespace *ns)
{
	count(&ns->violations);
	count(&ns->refused);
	bpf_send_signal(SIGKILL);
	return -EPERM;
}

/* The agent decides. TSEM_ASK: the task is to wait for that. EXTERNAL_SILENT: it could not be asked. */
INLINE int external_asks(struct tsem_event *e, struct tsem_task *t, struct tsem_namespace *ns, void *model)
{
	int told;

	if (e->waits) {
		if (t->options & TSEM_OPTION_EXTERNAL && e->record.event != TSEM_EVENT_bprm_committed_creds)
			tsem_words_clear(e->record.coefficient, TSEM_DIGEST_SIZE);
		e->record.flags |= TSEM_RECORD_WAITS;
		told = external_send(e, ns, t->slot, BPF_RB_NO_WAKEUP) ? 1 : 0;
	} else
		told = external_told(e, t, ns, model);
	if (told)
		return told < 0 ? told : external_silent(ns);
	return e->waits ? TSEM_ASK : 0;
}

/* 0: trusted. What is asked about once does not become part of the model that we judge by: the orchestrator adds what does. */
INLINE int external_settle(struct tsem_task *t, struct tsem_namespace *ns, struct tsem_answer *answer)
{
	bool trusted = answer->verdict == TSEM_ANSWER_TRUSTED;
	void *points = trusted ? of_slot(&tsem_models, t->slot) : of_slot(&tsem_forensics, t->slot);

	if (trusted && t->options & TSEM_OPTION_ASK)
		return 0;
	if (points && point_note(points, answer->coefficient, ns) < 0)
		count(&ns->failures[trusted ? TSEM_FAILURE_model_full : TSEM_FAILURE_forensics_full]);
	return trusted ? 0 : EXTERNAL_SILENT;
}

/* Whether there is an answer to just this event, of who orchestrates, and the namespace was not stopped meanwhile. */
INLINE bool external_answered(const struct tsem_task *t, const struct tsem_external *external,
			      struct tsem_answer *answer, __u64 number)
{
	answer->number = 0;
	answer->context = 0;
	return answer_read(external->helper, external->device, answer, sizeof(*answer)) == sizeof(*answer) &&
	       answer->context == t->context && answer->number == number && key_equal(answer->key, external->key) &&
	       !external->stopped;
}

#endif
