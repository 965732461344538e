/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events that programs define, and marks that an agent puts into its own stream. */
#ifndef TSEM_BPF_AGENT_EMIT_H
#define TSEM_BPF_AGENT_EMIT_H

#include "life.h"
#include "message.h"
#include "task.h"
#include "../../abi/emit.h"

#define SECOND_NS 1000000000ULL

/* Whether the task has used up what it may emit in a second. */
INLINE bool emit_limited(struct tsem_watched *w)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - w->emitted_since > SECOND_NS) {
		w->emitted_since = now;
		w->emitted = 0;
	}
	return w->emitted++ >= TSEM_EMIT_A_SECOND;
}

/* It has its number, so that the reader sees that it is missing. */
__attribute__((noinline)) int emit_lost(void)
{
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;

	if (!w)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = w->wanting & 1u << slot ? agent_at(slot) : 0;
		if (!a)
			continue;
		count(&a->sequence);
		count(&a->counts[TSEM_AGENT_EMIT].produced);
		count(&a->counts[TSEM_AGENT_EMIT].lost);
	}
	return 0;
}

/*
 * Without waiting: a page may be in a file that somebody else serves, and serves never, while the event's memory is
 * everybody's. The library has just written what it emits.
 */
INLINE bool emit_copy(void *to, __u32 size, __u64 address)
{
	return !bpf_probe_read_user(to, size, (const void *)address);
}

/* size: at most TSEM_EMIT_FIELDS_MAX. False: it is not in memory. */
INLINE bool cell_user(struct tsem_event *e, __u64 address, __u32 size)
{
	if (size > TSEM_EMIT_FIELDS_MAX) {
		event_fail(e, TSEM_FAILURE_field);
		size = 0;
	}
	if (!emit_copy(cell_tail(e) + 4, TSEM_BOUND(size, 4095), address))
		return 0;
	cell_u32(e, size);
	cell_advance(e, size);
	return 1;
}

INLINE bool emit_describe(struct tsem_event *e, __u64 address, __u64 size)
{
	struct tsem_emit_head head = {};

	if (!emit_copy(&head, sizeof(head), address))
		return 0;
	if (head.version != TSEM_EMIT_VERSION || !head.name_size || head.name_size > TSEM_EMIT_NAME_MAX ||
	    size != sizeof(head) + head.name_size + head.fields_size + head.notes_size) {
		event_fail(e, TSEM_FAILURE_field);
		return 1;
	}
	address += sizeof(head);
	return cell_user(e, address, head.name_size) && cell_user(e, address + head.name_size, head.fields_size) &&
	       cell_user(e, address + head.name_size + head.fields_size, head.notes_size);
}

/* What is malformed is no event; what is not in memory is one that is lost. */
__attribute__((noinline)) int emit(__u64 address, __u64 size)
{
	struct tsem_event *e = life_begin(TSEM_AGENT_EMIT);
	struct tsem_watched *w = watched_now();

	if (!e)
		return 0;
	if ((w && emit_limited(w)) || !emit_describe(e, address, size)) {
		emit_lost();
		event_release(e);
		return 0;
	}
	if (e->record.failure)
		event_release(e);
	else
		life_end(e, TSEM_AGENT_EMIT, 0, 0);
	return 0;
}

/* Behind everything that the agent has been told of before. */
__attribute__((noinline)) int sync(__u64 mark)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;
	struct tsem_agent_slot *a;
	struct tsem_event *e;

	e = pool_take(mark);
	if (!e)
		return 0;
	e->record.cell_size = 0;
	e->record.failure = 0;
	e->record.event = 0;
	message_head(e)->subject = mark;
	message_head(e)->subject_started = 0;
	message_fill(e);
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = agent_at(slot);
		if (a && a->id && a->process == process)
			message_send(e, slot, TSEM_AGENT_SYNC, TSEM_AGENT_NOTIFY, 0);
	}
	event_release(e);
	return 0;
}

SEC("lsm.s/task_prctl")
int BPF_PROG(agent_emits, int option, unsigned long what, unsigned long address, unsigned long size)
{
	if (option != TSEM_PRCTL)
		return 0;
	if (what == TSEM_PRCTL_EMIT)
		emit(address, size);
	else if (what == TSEM_PRCTL_SYNC)
		sync(address);
	return 0;
}

#endif
