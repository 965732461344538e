/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether an agent wants to hear of an event: what it has subscribed to, and what
 * it has muted. What is muted by who acts is looked up once for a program of a
 * process, and again when the mutes have changed: after that it is one bit.
 */
#ifndef TSEM_BPF_AGENT_MUTE_H
#define TSEM_BPF_AGENT_MUTE_H

#include "maps.h"
#include "task.h"
#include "../core/event.h"
#include "../core/executed.h"
#include "../core/walk.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct signal_struct___agent {
	struct {
		int counter;
	} live;
	unsigned int flags;
	int group_exit_code;
};
struct task_struct___agent {
	__u64 start_boottime;
	int exit_code;
	struct task_struct___agent *group_leader;
	struct signal_struct___agent *signal;
};
#pragma clang attribute pop

INLINE __u64 process_started(const struct task_struct *task)
{
	return BPF_CORE_READ((const struct task_struct___agent *)task, group_leader, start_boottime);
}

/* NULL of a thread of the kernel, and of who ends. */
INLINE struct file *own_executable(void)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());

	return task->mm ? task->mm->exe_file : 0;
}

INLINE struct tsem_executed executed_kernel(void)
{
	return executed_of(READ_ONLY(struct file, own_executable())->f_inode);
}

/* What the task has executed; zeros: nothing. True if the kernel says the same: then its path can be reported. */
INLINE bool executed_now(struct tsem_executed *ret_executed)
{
	struct tsem_executed *seen = bpf_task_storage_get(&tsem_executed, bpf_get_current_task_btf(), 0, 0);
	struct tsem_executed now = executed_kernel();

	*ret_executed = seen && seen->inode ? *seen : now;
	return executed_same(ret_executed, &now);
}

/* Puts the path at the tail of the CELL, as the task sees it, without advancing. Its length, 0: there is none. */
INLINE __u32 executable_print(struct tsem_event *e, struct file *object)
{
	struct file *file = READ_ONLY(struct file, object);
	__u32 failure = e->record.failure, length;

	if (!object)
		return 0;
	length = walk_print(e, address_of(file->f_path.dentry), address_of(real_mount(file->f_path.mnt))) &
		 TSEM_PATH_MAX;
	e->record.failure = failure;
	return length;
}

/* ---- paths ---- */

struct rule_match {
	const struct tsem_agent_rule *rule;
	const __u8 *path;
	__u32 length;
	bool differs;
};

#define RULE_WORDS (TSEM_AGENT_RULE_PATH / 8)

/* Eight bytes of both, of which the last ones may be behind the end of what is compared. */
static __attribute__((noinline)) long rule_word(__u32 turn, void *context)
{
	struct rule_match *m = context;
	__u32 at = (turn & (RULE_WORDS - 1)) * 8, left;
	__u64 theirs = 0, ours, mask = ~0ULL;

	if (at >= m->rule->size)
		return 1;
	left = m->rule->size - at;
	if (left < 8)
		mask >>= 64 - 8 * left;
	ours = *(const __u64 *)(m->rule->path + at);
	bpf_probe_read_kernel(&theirs, sizeof(theirs), m->path + at);
	m->differs = ((ours ^ theirs) & mask) != 0;
	return m->differs;
}

INLINE bool rule_matches(const struct tsem_agent_rule *rule, const __u8 *path, __u32 length)
{
	struct rule_match m = {.rule = rule, .path = path, .length = length};

	if (rule->size > length || (!rule->prefix && rule->size != length))
		return 0;
	bpf_loop(RULE_WORDS, rule_word, &m, 0);
	return !m.differs;
}

struct paths_walk {
	const __u8 *path;
	__u32 length;
	__u32 slot;
	__u32 of;
	struct tsem_agent_muted *found;
};

static __attribute__((noinline)) long paths_step(__u32 turn, void *context)
{
	struct paths_walk *w = context;
	__u32 place = w->slot * TSEM_AGENT_RULES + turn;
	struct tsem_agent_rule *rule = bpf_map_lookup_elem(&tsem_agent_rules, &place);

	if (!rule || !rule->used || rule->of != w->of || !rule_matches(rule, w->path, w->length))
		return 0;
	for (int i = 0; i < TSEM_AGENT_WORDS; i++)
		w->found->events[i] |= rule->events[i];
	return 0;
}

INLINE void paths_find(__u32 rules, struct paths_walk *w)
{
	bpf_loop(rules < TSEM_AGENT_RULES ? rules : TSEM_AGENT_RULES, paths_step, w, 0);
}

/* ---- who acts ---- */

INLINE void mute_add(struct tsem_agent_muted *muted, const struct tsem_agent_mute *key)
{
	struct tsem_agent_muted *found = bpf_map_lookup_elem(&tsem_agent_mutes, key);

	for (int i = 0; found && i < TSEM_AGENT_WORDS; i++)
		muted->events[i] |= found->events[i];
}

/*
 * A process whose number another one has by now began at another time. Whether the path of its executable is known.
 * This and the next are by themselves, so that their stacks do not lie on one another.
 */
__attribute__((noinline)) int mute_by_keys(__u32 slot, __u64 agent)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct tsem_agent_mute key = {.agent = agent, .kind = TSEM_MUTE_PROCESS};
	struct tsem_watched *w = watched_now();
	struct tsem_executed executed;
	bool known;

	if (!w || slot >= TSEM_AGENT_MAX)
		return 0;
	key.first = task->tgid;
	key.second = process_started(task) / TSEM_AGENT_TICK;
	mute_add(&w->muted[slot], &key);
	known = executed_now(&executed);
	if (!executed.inode)
		return known;
	key.kind = TSEM_MUTE_EXECUTABLE;
	key.first = executed.device;
	key.second = executed.inode;
	mute_add(&w->muted[slot], &key);
	return known;
}

/* The path of the executable, so many bytes long, is at the tail. */
__attribute__((noinline)) int mute_by_path(struct tsem_event *e, __u32 slot, __u32 rules, __u32 length)
{
	struct paths_walk walk = {.slot = slot, .of = TSEM_RULE_EXECUTABLE, .length = length};
	struct tsem_watched *w = watched_now();

	if (!e || !w || slot >= TSEM_AGENT_MAX)
		return 0;
	walk.path = cell_tail(e) + 4;
	walk.found = &w->muted[slot];
	paths_find(rules, &walk);
	return 0;
}

/* Without working memory nothing is muted, nor is by a path whoever has hidden his: also where mutes are inverted. */
__attribute__((noinline)) int mute_refresh(__u32 slot, __u64 generation)
{
	struct tsem_agent_slot *a = agent_at(slot);
	struct tsem_watched *w = watched_now();
	struct tsem_event *e;
	bool known;

	if (!a || !w || slot >= TSEM_AGENT_MAX)
		return 0;
	__builtin_memset(&w->muted[slot], 0, sizeof(w->muted[slot]));
	known = mute_by_keys(slot, a->id);
	e = a->rules ? pool_take(generation) : 0;
	if (a->rules && !e)
		return 0;
	if (e) {
		e->record.cell_size = 0;
		if (known)
			mute_by_path(e, slot, a->rules, executable_print(e, own_executable()));
		event_release(e);
	}
	for (int i = 0; a->flags & TSEM_AGENT_INVERTS_PROCESSES && i < TSEM_AGENT_WORDS; i++)
		w->muted[slot].events[i] = known || !a->rules ? ~w->muted[slot].events[i] : 0;
	w->generations[slot] = generation;
	return 0;
}

INLINE bool mute_has(const struct tsem_agent_muted *muted, __u32 event)
{
	return muted->events[event / 64 & 3] >> (event & 63) & 1;
}

/* ---- the event ---- */

/* A hook that describes one event may find that it is another one. */
INLINE __u32 event_other(__u32 event)
{
	switch (event) {
	case TSEM_EVENT_inode_create:
		return TSEM_EVENT_inode_mknod;
	case TSEM_EVENT_socket_sendmsg:
		return TSEM_EVENT_socket_connect;
	case TSEM_EVENT_socket_connect:
		return TSEM_EVENT_socket_bind;
	}
	return event;
}

/* Before it is asked who wants an event: by itself, so that their stacks do not lie on one another. */
__attribute__((noinline)) int mutes_refresh(void)
{
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;

	if (!w)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = w->covering & 1u << slot ? agent_at(slot) : 0;
		if (a && w->generations[slot] != a->generation)
			mute_refresh(slot, a->generation);
	}
	return 0;
}

/* The slots of who is to get it, kept in the state of the task; 0: nobody. */
__attribute__((noinline)) int agents_wanting(__u32 event, __u32 other)
{
	struct tsem_watched *w = watched_now();
	struct tsem_agent_slot *a;
	__u32 wanting = 0;

	if (!w || event >= TSEM_AGENT_EVENTS || other >= TSEM_AGENT_EVENTS)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		a = w->covering & 1u << slot ? agent_at(slot) : 0;
		if (!a || !(a->how[event] | a->how[other]))
			continue;
		if (mute_has(&w->muted[slot], event))
			count(&a->counts[event].muted);
		else
			wanting |= 1u << slot;
	}
	w->wanting = wanting;
	w->asking = 0;
	w->question = 0;
	return wanting;
}

#endif
