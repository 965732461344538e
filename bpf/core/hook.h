/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frame of the hooks that do no more than describe their event:
 *
 *	TSEM_HOOK("lsm.s/socket_connect", socket_connect, struct socket *sock, struct sockaddr *address, int size)
 *	{
 *		cell_sock(e, sock);
 *		cell_address(e, address, size);
 *	}
 *
 * The macro is the program, and the head of the function that describes: the
 * body writes the fields of the event's row into `e`. It has `t`, `portable`,
 * the hook's own arguments, and `ctx` for those of them that the verifier does
 * not let it read, at hand.
 */
#ifndef TSEM_BPF_HOOK_H
#define TSEM_BPF_HOOK_H

#include "event.h"
#include "export.h"
#include "kernel.h"
#include "task.h"

/* Set by the library before loading: 1: there may be namespaces that model all events. */
const volatile __u32 tsem_all_events;

/* decide.bpf.c: as tsem_decide. */
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
 * How often events come. Each program has a copy of every function that it
 * calls, in pages of its own; so those whose events are rare end in fewer of
 * them: what was found in the model is not remembered, it is hashed and looked
 * up each time, and nobody waits for room in the ring of an exporting namespace.
 */
#define EVENT_OFTEN 0
#define EVENT_RARE 1

INLINE int event_end_as(struct tsem_event *e, struct tsem_task *t, bool rare, bool sleeps)
{
	if (rare)
		return event_end_rare(e, t, sleeps);
	return sleeps ? event_end_sleepable(e, t) : event_end(e, t);
}

/* What a call is that is not chosen: no event, or an event of namespaces that model all of them. */
#define ELSE_NEVER 0
#define ELSE_ALL 1

/* Whether the task's namespace does not model it. */
INLINE bool event_left(const struct tsem_task *t, bool wanted, __u32 bypass)
{
	return (!wanted && !task_all(t)) || t->options & bypass;
}

/* Known when compiled, so that what may sleep is not in the other programs at all. */
#define SLEEPABLE(section) ((section)[3] == '.')
#define TSEM_DESCRIBE(name, ...) \
	INLINE void describe_##name(struct tsem_event *e, struct tsem_task *t, bool portable, unsigned long long *ctx, \
				    __VA_ARGS__)
/* Around a call with the numbers of the context for arguments of any type, as BPF_PROG has it. */
#define UNTYPED_BEGIN _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")
#define UNTYPED_END _Pragma("GCC diagnostic pop")

/*
 * section   where the program is attached: lsm.s/HOOK may sleep, lsm/HOOK may not
 * program   its name
 * name      its function: describe_NAME
 * event     a row of abi/events.def
 * rare      EVENT_OFTEN, EVENT_RARE
 * chosen    whether this is an event of the default set. It is asked first, before
 *           the task is looked up, so that whoever is outside pays next to nothing.
 * rest      ELSE_NEVER, ELSE_ALL
 * guarded   whether it concerns tsem itself: then it is refused in every mode, and
 *           an event also where the namespace does not model it otherwise
 * unnoted   notes what is not refused, of a task in a namespace; whether that could not be done, so that it is refused
 * pass      what the hook returns when it refuses nothing
 * ...       the hook's own arguments. chosen, guarded and unnoted may use them, and the last two may use `t`.
 */
#define TSEM_HOOK_FRAME(section, program, name, event, rare, chosen, rest, guarded, unnoted, pass, ...) \
	TSEM_DESCRIBE(name, __VA_ARGS__); \
	SEC(section) \
	int BPF_PROG(program, __VA_ARGS__) \
	{ \
		bool forbidden, wanted = chosen; \
		struct tsem_task *t; \
		struct tsem_event *e; \
\
		if (!wanted && !((rest) && tsem_all_events)) \
			return pass; \
		t = (rare) || (rest) ? task_modeled_rare() : task_modeled(); \
		if (!t) \
			return pass; \
		forbidden = __builtin_constant_p(guarded) ? (guarded) : unknown(guarded, t->context); \
		if (!forbidden && event_left(t, wanted, TSEM_OPTION_BYPASS(TSEM_CLASS_OF_##event))) \
			return VERDICT_OR(unnoted, pass); \
		if (!(rare) && SLEEPABLE(section)) \
			export_wait(t); \
		e = event_begin(t, TSEM_EVENT_##event); \
		if (!e) \
			return VERDICT_OR(guarded_exhausted(t, TSEM_EVENT_##event, forbidden) || (unnoted), pass); \
		e->forbidden = forbidden; \
		UNTYPED_BEGIN; \
		describe_##name(e, t, task_portable(t), ___bpf_ctx_cast(__VA_ARGS__)); \
		UNTYPED_END; \
		return VERDICT_OR(event_end_as(e, t, rare, SLEEPABLE(section)) || (unnoted), pass); \
	} \
	TSEM_DESCRIBE(name, __VA_ARGS__)

/* An event of the default set. */
#define TSEM_HOOK(section, event, ...) \
	TSEM_HOOK_FRAME(section, event, event, event, EVENT_OFTEN, 1, ELSE_NEVER, 0, 0, 0, __VA_ARGS__)
/* An event of namespaces that model all of them. Loaded only when asked for: the name begins with all_. */
#define TSEM_HOOK_ALL(section, event, ...) \
	TSEM_HOOK_FRAME(section, all_##event, event, event, EVENT_OFTEN, 0, ELSE_ALL, 0, 0, 0, __VA_ARGS__)
/* One that may concern tsem itself. */
#define TSEM_HOOK_GUARDED(section, event, guarded, ...) \
	TSEM_HOOK_FRAME(section, event, event, event, EVENT_OFTEN, 1, ELSE_NEVER, guarded, 0, 0, __VA_ARGS__)
/* A rare one; one that may concern tsem itself; one that is of the default set only where it is chosen. */
#define TSEM_HOOK_RARE(section, event, ...) TSEM_HOOK_RARE_AS(section, event, event, 1, ELSE_NEVER, 0, 0, __VA_ARGS__)
#define TSEM_HOOK_RARE_GUARDED(section, event, guarded, ...) \
	TSEM_HOOK_RARE_AS(section, event, event, 1, ELSE_NEVER, guarded, 0, __VA_ARGS__)
#define TSEM_HOOK_RARE_IF(section, event, chosen, ...) \
	TSEM_HOOK_RARE_AS(section, event, event, chosen, ELSE_ALL, 0, 0, __VA_ARGS__)
/* A rare one that has to be noted where it is not refused. */
#define TSEM_HOOK_RARE_NOTED(section, event, unnoted, ...) \
	TSEM_HOOK_FRAME(section, event, event, event, EVENT_RARE, 1, ELSE_NEVER, 0, unnoted, 0, __VA_ARGS__)
/* A rare one of which more is to be said. */
#define TSEM_HOOK_RARE_AS(section, program, event, chosen, rest, guarded, pass, ...) \
	TSEM_HOOK_FRAME(section, program, program, event, EVENT_RARE, chosen, rest, guarded, 0, pass, __VA_ARGS__)

#endif
