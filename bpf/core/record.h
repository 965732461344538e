/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records: what the orchestrator gets of an event. */
#ifndef TSEM_BPF_RECORD_H
#define TSEM_BPF_RECORD_H

#include "describe.h"
#include "kernel.h"
#include "maps.h"
#include "task.h"
#include "who.h"

/*
 * Sends the record to the orchestrator, with so many bytes more from behind it.
 * Every record has a number; one that finds no room is counted, and -1 returned.
 */
INLINE int record_put(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot, __u32 more, __u64 wakeup)
{
	void *ring = of_slot(&tsem_rings, slot);
	__u32 size = e->record.cell_size;

	if (size > TSEM_CELL_MAX)
		return -1; /* cannot be: the writers of cells stop there */
	size += sizeof(e->record);
	e->record.size = size;
	e->record.number = __sync_fetch_and_add(&ns->records, 1) + 1;
	if (ring && !bpf_ringbuf_output(ring, &e->record, size + more, wakeup))
		return 0;
	count(&ns->lost);
	return -1;
}

INLINE void record_send(struct tsem_event *e, struct tsem_namespace *ns, __u32 slot)
{
	record_put(e, ns, slot, 0, 0);
}

/* What every record has and only a record needs, beside the coefficient; of an exec the hook knows the COE. */
INLINE void record_fill(struct tsem_event *e, struct tsem_task *t, const struct tsem_namespace *ns)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct tsem_record *r = &e->record;

	r->version = TSEM_RECORD_VERSION;
	r->ts = bpf_ktime_get_ns();
	r->ttd = t->ttd;
	r->p_ttd = t->p_ttd;
	r->pid = task->tgid;
	r->tid = task->pid;
	r->ppid = task->real_parent->tgid;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	tsem_digest_copy(r->task_id, t->task_id);
	tsem_digest_copy(r->ptask_id, t->ptask_id);
	if (r->event != TSEM_EVENT_bprm_committed_creds)
		coe_fill(&r->coe, task->cred, t->options);
	r->coe.capeff |= spaces_away(ns);
}

#endif
