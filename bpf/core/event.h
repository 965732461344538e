/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frame of a hook: is the task modeled, take working memory, describe,
 * decide, give the memory back. hook.h has it ready for those that only describe.
 *
 *	struct tsem_task *t = task_modeled();
 *	...
 *	if (!t)
 *		return 0;
 *	e = event_begin(t, TSEM_EVENT_x);
 *	if (!e)
 *		return tsem_exhausted(t, TSEM_EVENT_x);
 *	cell_...(e, ...);
 *	return event_end(e, t);
 */
#ifndef TSEM_BPF_EVENT_H
#define TSEM_BPF_EVENT_H

#include "describe.h"
#include "kernel.h"
#include "maps.h"
#include "task.h"

/* Set by the library before loading: entries of the pool, a power of two, less one. */
const volatile __u32 tsem_pool_mask = 63;

static const __u8 tsem_classes[TSEM_EVENT_LIMIT] = {
#define TSEM_EVENT(number, name, class, failure, fields) [number] = TSEM_CLASS_##class,
#include "../../abi/events.def"
#undef TSEM_EVENT
};

/* decide.bpf.c: the verdict, 0 or -EPERM, on a described event. */
int tsem_decide(struct tsem_event *e, struct tsem_task *t);
/* decide.bpf.c: who the task will be after the exec, in e->next_who. */
int tsem_next_who(struct tsem_event *e);
/* What tsem_decide returns when the agent is to be asked. In hooks that may sleep only. */
#define TSEM_ASK 1
#define EVENT_AGAIN (-ESTALE) /* the names have changed: the kernel looks once more */
/* decide.bpf.c: asks the agent, and returns its verdict. */
int tsem_ask(struct tsem_task *t, __u64 number);
/* decide.bpf.c: the verdict on an event that no working memory was free for. */
int tsem_exhausted(struct tsem_task *t, __u32 event);

#define POOL_SHARES 4
#define POOL_TRIES 16

INLINE struct tsem_event *pool_try(__u32 slot)
{
	struct tsem_event *e;

	slot &= tsem_pool_mask;
	e = bpf_map_lookup_elem(&tsem_pool, &slot);
	return e && !__sync_val_compare_and_swap(&e->busy, 0, 1) ? e : 0;
}

/*
 * By itself, because it is rarely needed. Where the kernel preempts, a task that
 * does not run may hold an entry. Each namespace searches one of four shares, so
 * that it cannot take all.
 */
static __attribute__((noinline)) struct tsem_event *pool_search(__u32 start, __u64 context)
{
	__u32 share = (tsem_pool_mask + 1) / POOL_SHARES, first = (context % POOL_SHARES) * share;
	struct bpf_iter_num turns;
	struct tsem_event *e = 0;
	int *turn;

	bpf_iter_num_new(&turns, 0, POOL_TRIES);
	while (!e && (turn = bpf_iter_num_next(&turns)))
		e = pool_try(first + ((start + *turn) & (share - 1)));
	bpf_iter_num_destroy(&turns);
	return e;
}

/* Programs may be preempted while they hold an entry, so more are needed than there are CPUs. */
INLINE struct tsem_event *pool_take(__u64 context)
{
	__u32 start = bpf_get_smp_processor_id() * 4;
	struct tsem_event *e = pool_try(start);

	return e ? e : pool_search(start, context);
}

INLINE struct tsem_event *event_begin(struct tsem_task *t, __u32 event)
{
	struct tsem_event *e;

	e = pool_take(t->context);
	if (!e)
		return 0;
	e->root_changes = 0;
	e->path = 0;
	e->below = 0;
	e->by_name = 0;
	e->home = t->home;
	e->forbidden = 0;
	e->again = 0;
	e->own = 0;
	e->trusted = 0;
	e->who = 0;
	e->next_who = 0;
	e->waits = 0;
	e->options = t->options;
	e->slot = t->slot;
	e->record.event = event;
	e->record.context = t->context;
	e->record.flags = 0;
	e->record.cell_size = 0;
	e->record.failure = 0;
	tsem_words_clear(e->cell, TSEM_SEEN_SHORT);
	if (TSEM_SEEN_IS_LONG(event, tsem_classes[event]))
		__builtin_memset(e->cell + TSEM_SEEN_SHORT, 0, TSEM_SEEN_LONG - TSEM_SEEN_SHORT);
	return e;
}

INLINE void event_release(struct tsem_event *e)
{
	__sync_lock_test_and_set(&e->busy, 0);
}

INLINE int event_end(struct tsem_event *e, struct tsem_task *t)
{
	int verdict = tsem_decide(e, t);

	event_release(e);
	return verdict;
}

/* What was decided in a hook that may sleep, so that it may be asked about. */
INLINE int event_decide_sleepable(struct tsem_event *e, struct tsem_task *t)
{
	e->waits = 1;
	return tsem_decide(e, t);
}

/* The end of it. While a task waits it holds no working memory: many may wait. */
INLINE int event_close_sleepable(struct tsem_event *e, struct tsem_task *t, int verdict)
{
	__u64 number = e->record.number;

	event_release(e);
	return verdict == TSEM_ASK ? tsem_ask(t, number) : verdict;
}

INLINE int event_end_sleepable(struct tsem_event *e, struct tsem_task *t)
{
	return event_close_sleepable(e, t, event_decide_sleepable(e, t));
}

/*
 * What a hook may return, and nothing else: a verdict of a called function is a
 * number of any size to the verifier, and one that the compiler makes by
 * arithmetic is too, which the barrier keeps it from.
 */
INLINE int VERDICT_AS(bool refused, int verdict)
{
	if (!refused)
		return 0;
	asm volatile("" : "+r"(verdict));
	return verdict;
}

INLINE int VERDICT(bool refused)
{
	return VERDICT_AS(refused, -EPERM);
}

/* For hooks that found no working memory. */
INLINE int guarded_exhausted(struct tsem_task *t, __u32 event, bool guarded)
{
	int verdict = tsem_exhausted(t, event);

	return guarded ? namespace_gone(t) : VERDICT(verdict);
}

/* The TASK_ID of another task; outside the namespace every task is the zero digest. */
INLINE void cell_task(struct tsem_event *e, struct task_struct *task)
{
	struct tsem_task *other = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	if (other && other->context == e->record.context)
		cell_digest(e, other->task_id);
	else
		cell_zeros(e, TSEM_DIGEST_SIZE);
}

#endif
