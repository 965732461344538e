/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * External namespaces: who decides is a modeling agent outside the kernel. In a
 * hook that may sleep the task puts its event into the ring and waits for the
 * answer; an event of another hook is put there and goes on, and the
 * orchestrator stops the namespace when the agent finds it untrusted. Whatever
 * is not exactly the answer to this event, of the orchestrator that made the
 * namespace, is "untrusted". Model and forensics of such a namespace only
 * mirror what the agent decided, for whoever looks at it.
 *
 * Part of model.bpf.c.
 */
#ifndef TSEM_BPF_EXTERNAL_H
#define TSEM_BPF_EXTERNAL_H

INLINE struct tsem_external *external_of(const struct tsem_task *t)
{
	__u32 slot = t->slot;
	struct tsem_external *external = bpf_map_lookup_elem(&tsem_externals, &slot);

	return external && external->context == t->context ? external : 0;
}

/* For fork: nobody is born in a namespace that was stopped. */
INLINE bool external_stopped(const struct tsem_task *t)
{
	struct tsem_external *external = external_of(t);

	return !external || external->stopped;
}

/* An untrusted event of which only the counts are left: the orchestrator has its record, if there still is one. */
INLINE int external_refuse(struct tsem_task *t, struct tsem_namespace *ns)
{
	bool refuse = namespace_refuses(ns);

	violation_count(t, ns, refuse);
	return refuse ? -EPERM : 0;
}

/* Nobody could be asked, or there was no answer to this event. */
INLINE int external_silent(struct tsem_task *t, struct tsem_namespace *ns)
{
	count(&ns->failures[TSEM_FAILURE_agent]);
	return external_refuse(t, ns);
}

__attribute__((noinline)) int external_unanswered(struct tsem_task *t)
{
	struct tsem_namespace *ns;

	if (!t)
		return -EPERM;
	ns = namespace_of(t);
	return ns ? external_silent(t, ns) : -EPERM;
}

/* Behind the record is the number of who it is of, for the key under which the kernel recognises the event. */
INLINE int external_send(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, __u64 wakeup)
{
	TSEM_STORE(64, cell_tail(e), e->who);
	return record_put(e, ns, slot, sizeof(e->who), wakeup);
}

/* Without a helper there is no orchestrator: what cannot wait would go on unseen. */
INLINE bool external_served(const struct tsem_external *external)
{
	struct task_struct *object = bpf_task_from_pid(external->helper);
	struct super_block *sb;

	if (!object)
		return 0;
	sb = READ_ONLY(struct task_struct, object)->mm->exe_file->f_inode->i_sb;
	bpf_task_release(object);
	return READ_ONLY(struct super_block, sb)->s_dev == external->device;
}

/* Counts the event where the agent is expected to have it; the orchestrator takes back what was not trusted. 1: nobody heard it. */
INLINE int external_told(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_external *external;
	struct tsem_namespace *ns;
	void *model;
	__u32 slot;

	if (!e || !t)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	external = external_of(t);
	model = bpf_map_lookup_elem(&tsem_models, &slot);
	if (!ns || !external || !model)
		return -EPERM;
	if (!external_served(external) || external_send(e, ns, slot, 0))
		return 1;
	if (point_add(model, e->record.coefficient, ns) < 0)
		count(&ns->failures[TSEM_FAILURE_model_full]);
	return 0;
}

__attribute__((noinline)) int external_tell(struct tsem_event *e, struct tsem_task *t)
{
	int told = external_told(e, t);

	return told > 0 ? external_unanswered(t) : told;
}

/* What needs no agent: 0 or -EPERM; TSEM_ASK for the rest, then a coefficient if external_hashes(), then external_put(). */
__attribute__((noinline)) int external_look(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;

	if (!e || !t)
		return -EPERM;
	ns = namespace_of(t);
	if (!ns)
		return -EPERM;
	if (external_stopped(t)) {
		count(&ns->violations);
		count(&ns->refused);
		bpf_send_signal(SIGKILL);
		return -EPERM;
	}
	if (event_recognised_apart(e, t, 1))
		return 0;
	record_fill(e, t);
	if (e->record.failure)
		return failure_decide(e, t);
	if (ns->mode != TSEM_MODE_FREE && task_untrusted(t)) {
		e->record.flags |= TSEM_RECORD_UNTRUSTED;
		return TSEM_ASK;
	}
	who_find(e, t);
	return event_seen(e, 1) ? 0 : TSEM_ASK;
}

/* A program has its identity from us. The coefficient of an event that waits comes with the answer. */
INLINE bool external_hashes(const struct tsem_event *e)
{
	return !e->waits || e->record.flags & TSEM_RECORD_UNTRUSTED || e->record.event == TSEM_EVENT_bprm_committed_creds;
}

__attribute__((noinline)) int external_put(struct tsem_event *e, struct tsem_task *t)
{
	struct tsem_namespace *ns;

	if (!e || !t)
		return -EPERM;
	ns = namespace_of(t);
	if (!ns)
		return -EPERM;
	if (e->record.flags & TSEM_RECORD_UNTRUSTED)
		return event_violates(e, t);
	if (!e->waits)
		return external_tell(e, t);
	if (e->record.event != TSEM_EVENT_bprm_committed_creds)
		tsem_words_clear(e->record.coefficient, TSEM_DIGEST_SIZE);
	e->record.flags |= TSEM_RECORD_WAITS;
	if (external_send(e, ns, t->slot, BPF_RB_NO_WAKEUP))
		return external_unanswered(t);
	return TSEM_ASK;
}

/* Sleeps until the orchestrator has answered, or is gone. The number of bytes in the answer, or negative. */
INLINE int external_call(const struct tsem_external *external, struct tsem_answer *answer)
{
	struct task_struct *helper = bpf_task_from_pid(external->helper);
	struct bpf_dynptr bytes;
	struct file *file;
	int r = -1;

	if (!helper)
		return r;
	file = bpf_get_task_exe_file(helper);
	bpf_task_release(helper);
	if (!file)
		return r;
	/* Another process with that number: nobody is asked who is not ours. */
	if (READ_ONLY(struct file, file)->f_inode->i_sb->s_dev == external->device) {
		bpf_dynptr_from_mem(answer, sizeof(*answer), 0, &bytes);
		r = bpf_get_file_xattr(file, "user.tsem", &bytes);
	}
	bpf_put_file(file);
	return r;
}

INLINE bool key_equal(const __u8 *a, const __u8 *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

__attribute__((noinline)) int external_settle(struct tsem_task *t, struct tsem_answer *answer)
{
	bool trusted;
	struct tsem_namespace *ns;
	void *points;
	__u32 slot;

	if (!t || !answer)
		return -EPERM;
	slot = t->slot;
	ns = namespace_of(t);
	if (!ns)
		return -EPERM;
	trusted = answer->verdict == TSEM_ANSWER_TRUSTED;
	points = trusted ? bpf_map_lookup_elem(&tsem_models, &slot) : bpf_map_lookup_elem(&tsem_forensics, &slot);
	if (points && point_note(points, answer->coefficient, ns) < 0)
		count(&ns->failures[trusted ? TSEM_FAILURE_model_full : TSEM_FAILURE_forensics_full]);
	return trusted ? 0 : external_refuse(t, ns);
}

int tsem_ask(struct tsem_task *t, __u64 number)
{
	struct tsem_external *external;
	struct tsem_answer *answer;

	if (!t)
		return -EPERM;
	external = external_of(t);
	answer = bpf_task_storage_get(&tsem_answers, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!external || !answer)
		return external_unanswered(t);
	answer->number = 0;
	answer->context = 0;
	if (external_call(external, answer) != sizeof(*answer) || answer->context != t->context ||
	    answer->number != number || !key_equal(answer->key, external->key))
		return external_unanswered(t);
	if (external->stopped)
		return external_unanswered(t);
	return external_settle(t, answer);
}

#endif
