/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The second object: the same hooks once more, for agents. It is loaded program
 * by program, for the events that somebody has subscribed to. The hooks describe
 * an event as they do for the model; what comes before and after is here.
 */
#include "task.h"
#include "stubs.h"

/* The working memory of an event, taken when somebody wants it. No file is somebody's creation: its name counts. */
#define event_begin model_event_begin
#define cell_task model_cell_task
#include "../core/event.h"
#undef event_begin
#undef cell_task

#include "ask.h"
#include "message.h"
#include "mute.h"

#define NOBODY (~0ULL) /* the number of no namespace */

INLINE struct tsem_event *event_begin(struct tsem_task *t, __u32 event)
{
	struct tsem_event *e;

	mutes_refresh();
	if (!agents_wanting(event, event_other(event)))
		return 0;
	e = model_event_begin(t, event);
	if (!e)
		return 0;
	e->record.context = NOBODY;
	e->deciding = 0;
	return e;
}

/* The TASK_ID of another task, zeros outside of every namespace. */
INLINE void cell_task(struct tsem_event *e, struct task_struct *task)
{
	struct tsem_task *other = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	if (task_context(other))
		cell_digest(e, other->task_id);
	else
		cell_zeros(e, TSEM_DIGEST_SIZE);
}

#include "../task.bpf.c"
#include "../exec.bpf.c"
#include "../file.bpf.c"
#include "../ioctl.bpf.c"
#include "../inode.bpf.c"
#include "../attribute.bpf.c"
#include "../net.bpf.c"
#include "../ipc.bpf.c"
#include "../key.bpf.c"
#include "../system.bpf.c"

/* ---- what the hooks end with ---- */

INLINE int agent_decide(struct tsem_event *e)
{
	struct tsem_watched *w;

	if (!targets_mute(e, e->record.event))
		return 0;
	message_fill(e);
	if (!agents_tell(e, e->record.event, e->waits))
		return 0;
	w = watched_now();
	if (!w)
		return -EPERM;
	w->question = e->record.ts;
	e->record.number = e->record.ts;
	return TSEM_ASK;
}

int tsem_decide(struct tsem_event *e, struct tsem_task *t)
{
	return e && t ? agent_decide(e) : -EPERM;
}

int tsem_decide_rare(struct tsem_event *e, struct tsem_task *t)
{
	return e && t ? agent_decide(e) : -EPERM;
}

int tsem_next_who(struct tsem_event *e)
{
	return e ? 0 : -1;
}

/* Fails closed: what was asked about is not what is waited for. */
int tsem_ask(struct tsem_task *t, __u64 number)
{
	struct tsem_watched *w = watched_now();

	return t && w && w->question && w->question == number ? agents_ask() : -EPERM;
}

/* Nobody wants it, or there is no working memory: then it is as with an answer that does not come. */
int tsem_exhausted(struct tsem_task *t, __u32 event)
{
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;
	bool denied = 0;

	if (!t || !w || event >= TSEM_AGENT_EVENTS)
		return -EPERM;
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = w->wanting & 1u << slot ? agent_at(slot) : 0;
		if (!a || !a->how[event])
			continue;
		count(&a->unheard);
		denied |= (a->how[event] & (TSEM_AGENT_AUTH | TSEM_AGENT_ALLOWS)) == TSEM_AGENT_AUTH;
	}
	return denied && !(process_flags(bpf_get_current_task_btf()) & TSEM_TASK_GUARDED) ? -EPERM : 0;
}

#include "emit.h"
#include "life.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
