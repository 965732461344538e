/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A task waits for the agents: it reads an attribute of the executable of each
 * one's keeper, on a file system that the agent serves. They have had the message
 * before, all of them, so that they think at the same time. Whatever is not an
 * answer to just this question, of just this agent, in time, is none: then it is
 * as the subscription says.
 */
#ifndef TSEM_BPF_AGENT_ASK_H
#define TSEM_BPF_AGENT_ASK_H

#include "maps.h"
#include "task.h"
#include "../core/answer.h"
#include "../core/event.h"

INLINE int agent_call(const struct tsem_agent_slot *a, struct tsem_watched *w, bool overdue)
{
	return answer_read(a->keeper, a->device, &w->answer, sizeof(w->answer) + (overdue ? TSEM_ASKED_OVERDUE : 0));
}

#define ASK_TRIES 4

/* An answer to an earlier question, for which the task did not wait any more: then it asks again. */
INLINE bool answer_old(const struct tsem_agent_slot *a, const struct tsem_watched *w, __u32 slot)
{
	return w->answer.context == w->ids[slot] && w->answer.number < w->numbers[slot] &&
	       key_equal(w->answer.key, a->key);
}

/* In time is when it was given: others may have been waited for meanwhile. */
INLINE bool answer_counts(const struct tsem_agent_slot *a, const struct tsem_watched *w, __u32 slot)
{
	const struct tsem_answer *answer = &w->answer;

	return answer->context == w->ids[slot] && answer->number == w->numbers[slot] &&
	       key_equal(answer->key, a->key) && *(const __u64 *)answer->coefficient <= w->deadlines[slot] &&
	       (answer->verdict == TSEM_ANSWER_TRUSTED || answer->verdict == TSEM_ANSWER_UNTRUSTED);
}

/* Whether the agent has not even taken the question out of its ring. */
INLINE bool question_unread(const struct tsem_watched *w, __u32 slot)
{
	void *ring = of_slot(&tsem_agent_rings, slot);

	return !ring || bpf_ringbuf_query(ring, BPF_RB_CONS_POS) <= w->positions[slot];
}

INLINE bool agent_answered(const struct tsem_agent_slot *a, struct tsem_watched *w, __u32 slot)
{
	bool overdue;

#pragma clang loop unroll(disable)
	for (int i = 0; i < ASK_TRIES; i++) {
		overdue = bpf_ktime_get_ns() > w->deadlines[slot];
		if (overdue && question_unread(w, slot))
			return 0;
		w->answer.number = 0;
		w->answer.context = 0;
		w->answer.verdict = 0;
		if (agent_call(a, w, overdue) != sizeof(w->answer))
			return 0;
		if (!answer_old(a, w, slot))
			return answer_counts(a, w, slot);
	}
	return 0;
}

/* Whether one of them denies it. An agent whose slot has another one by now is gone. */
INLINE bool agent_denies(struct tsem_watched *w, __u32 slot, __u32 event)
{
	struct tsem_agent_slot *a = agent_at(slot);

	if (!a || a->id != w->ids[slot])
		return !(w->lenient & 1u << slot);
	if (!agent_answered(a, w, slot)) {
		count(&a->counts[event].late);
		return !(w->lenient & 1u << slot);
	}
	count(&a->counts[event].answered);
	if (w->answer.verdict == TSEM_ANSWER_TRUSTED)
		return 0;
	count(&a->counts[event].denied);
	return 1;
}

/* All are asked, also behind one who denies: each has its answer counted, and its message is over. */
__attribute__((noinline)) int agents_ask(void)
{
	struct tsem_watched *w = watched_now();
	bool denied;
	__u32 event;

	if (!w)
		return -EPERM;
	denied = w->denied;
	event = w->event;
	if (event >= TSEM_AGENT_EVENTS)
		return -EPERM;
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++)
		if (w->asking & 1u << slot)
			denied |= agent_denies(w, slot, event);
	w->asking = 0;
	w->question = 0;
	return denied ? -EPERM : 0;
}

#endif
