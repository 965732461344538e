/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Execution: decided while the exec can still be refused, in force when it can no longer fail. */
#include "core/content.h"
#include "core/describe.h"
#include "core/event.h"
#include "core/found.h"
#include "core/inherited.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/task.h"
#include "core/who.h"

/* Notes the identity and the credentials that the task will have. Until the exec has committed, it has no identity. */
INLINE void next_who_note(struct tsem_event *e, struct tsem_task *t, const struct cred *cred)
{
	t->who = 0;
	t->next_who = 0;
	if (!e->trusted || t->options & TSEM_OPTION_IDS_CURRENT)
		return;
	tsem_next_who(e);
	creds_keep(t, READ_ONLY(struct cred, cred));
	t->next_who = e->next_who;
}

/* A program that could not be described is nobody's: it has an identity that no digest is. */
INLINE void next_id_unknown(struct tsem_task *t)
{
	__builtin_memset(t->next_id, 0xff, sizeof(t->next_id));
}

INLINE void next_id_note(const struct tsem_event *e, struct tsem_task *t)
{
	if (e->record.failure)
		next_id_unknown(t);
	else
		tsem_digest_copy(t->next_id, e->record.task_id);
}

/* There is no memory to describe it. Where that is not refused, it is not who executed it all the same. */
INLINE int exec_exhausted(struct tsem_task *t)
{
	int verdict = tsem_exhausted(t, TSEM_EVENT_bprm_committed_creds);

	next_id_unknown(t);
	t->who = 0;
	t->next_who = 0;
	t->committing = 1;
	if (verdict)
		scripts_drop(t);
	return VERDICT(verdict);
}

/* The credentials that the program will run with are known here, and nothing has been given up yet. */
SEC("lsm.s/bprm_creds_from_file")
int BPF_PROG(bprm_committed_creds, struct linux_binprm *bprm, const struct file *unused)
{
	struct tsem_task *t = task_modeled_sleepable();
	__u8 digest[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};
	struct file *file = bprm->file;
	struct tsem_event *e;
	__u32 failure;
	int verdict;

	if (!t || !file)
		return 0;
	t->committing = 0;
	task_share(t); /* the state of the leader ends with this exec, if that is another thread */
	failure = content_digest(file, t, 1, digest);
	e = event_begin(t, TSEM_EVENT_bprm_committed_creds);
	if (!e)
		return exec_exhausted(t);
	e->by_name = executed_by_name(t, file);
	e->record.failure = failure;
	coe_fill(&e->record.coe, bprm->cred, e->options);
	cell_file(e, file, digest, task_portable(t));
	verdict = event_decide_sleepable(e, t);
	next_id_note(e, t);
	next_who_note(e, t, bprm->cred);
	t->committing = 1;
	verdict = event_close_sleepable(e, t, verdict);
	if (verdict)
		scripts_drop(t);
	return VERDICT(verdict);
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(exec_commits, struct linux_binprm *bprm)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_namespace *ns = t ? task_namespace(t) : 0;

	if (t) {
		if (t->flags & TSEM_TASK_OURS)
			__sync_fetch_and_and(&t->flags, ~TSEM_TASK_OURS);
		scripts_take(&t->scripts, &t->next_scripts);
		code_note(&t->next_program, 0);
	}
	if (!ns || !t->committing)
		return 0;
	if (!t->ttd)
		streams_note(t);
	tsem_digest_copy(t->task_id, t->next_id);
	t->ttd = __sync_fetch_and_add(&ns->execs, 1) + 1;
	t->committing = 0;
	t->who = t->next_who;
	return 0;
}

/*
 * The end of every exec, also of one that the kernel gives up after it has
 * asked: what was to run does not. What runs is noted elsewhere by now.
 */
SEC("fentry/free_bprm")
int BPF_PROG(exec_over, struct linux_binprm *bprm)
{
	struct tsem_task *t = task_inside();

	if (t && (t->next_scripts || t->next_program))
		scripts_drop(t);
	return 0;
}
