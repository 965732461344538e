/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frame of hooks whose events are rare. Each program has a copy of every
 * function that it calls, in pages of its own; so these end in fewer of them.
 * What was found in the model is not remembered: it is hashed and looked up
 * each time.
 */
#ifndef TSEM_BPF_RARE_H
#define TSEM_BPF_RARE_H

#include "event.h"
#include "guard.h"

/* Set by the library before loading: 1: there may be namespaces that model all events. */
const volatile __u32 tsem_all_events;

/* model.bpf.c: as tsem_decide. */
int tsem_decide_rare(struct tsem_event *e, struct tsem_task *t);

/* As VERDICT, for hooks that let pass with another number than 0. */
INLINE int VERDICT_OR(bool refused, int pass)
{
	int verdict = -EPERM;

	if (!refused)
		return pass;
	asm volatile("" : "+r"(verdict));
	return verdict;
}

INLINE int event_end_rare(struct tsem_event *e, struct tsem_task *t, bool sleeps)
{
	__u64 number;
	int verdict;

	e->waits = sleeps;
	verdict = tsem_decide_rare(e, t);
	number = e->record.number;
	event_release(e);
	if (!sleeps)
		return verdict;
	return verdict == TSEM_ASK ? tsem_ask(t, number) : verdict;
}

/*
 * chosen: whether this is an event of the default set. It is asked first, before
 * the task is looked up, so that whoever is outside pays next to nothing.
 * rest: whether what is not chosen is an event where all of them are modeled.
 * guarded: whether it concerns tsem itself, and so is refused in every mode.
 */
#define TSEM_HOOK_RARE_AS(section, program, event, chosen, rest, guarded, pass, arguments, ...) \
	SEC(section) \
	int TSEM_PROGRAM(program, TSEM_UNWRAP arguments) \
	{ \
		bool portable, forbidden, wanted = chosen; \
		struct tsem_task *t; \
		struct tsem_event *e; \
\
		if (!wanted && !((rest) && tsem_all_events)) \
			return pass; \
		t = task_modeled(); \
		if (!t) \
			return pass; \
		forbidden = guarded; \
		if (!forbidden && ((!wanted && !task_all(t)) || t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_##event))) \
			return pass; \
		e = event_begin(t, TSEM_EVENT_##event); \
		if (!e) \
			return VERDICT_OR(guarded_exhausted(t, TSEM_EVENT_##event, forbidden), pass); \
		e->forbidden = forbidden; \
		portable = task_portable(t); \
		(void)portable; \
		__VA_ARGS__; \
		return VERDICT_OR(event_end_rare(e, t, SLEEPABLE(section)), pass); \
	}
#define TSEM_HOOK_RARE(section, event, arguments, ...) \
	TSEM_HOOK_RARE_AS(section, event, event, 1, 0, 0, 0, arguments, __VA_ARGS__)
#define TSEM_HOOK_RARE_IF(section, event, chosen, arguments, ...) \
	TSEM_HOOK_RARE_AS(section, event, event, chosen, 1, 0, 0, arguments, __VA_ARGS__)
#define TSEM_HOOK_RARE_GUARDED(section, event, guarded, arguments, ...) \
	TSEM_HOOK_RARE_AS(section, event, event, 1, 0, guarded, 0, arguments, __VA_ARGS__)

#endif
