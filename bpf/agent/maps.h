/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of agents: there are none while there is no agent. Those of the other object are shared by their pins. */
#ifndef TSEM_BPF_AGENT_MAPS_H
#define TSEM_BPF_AGENT_MAPS_H

#include "../core/kernel.h"
#include "../core/maps.h"
#include "../../abi/agent_slot.h"

/* The library and the keepers map it into their memory. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TSEM_AGENT_MAX);
	__type(key, __u32);
	__type(value, struct tsem_agent_slot);
} tsem_agents SEC(".maps");

struct tsem_agent_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_AGENT_MAX);
	__type(key, __u32);
	__array(values, struct tsem_agent_ring);
} tsem_agent_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_AGENT_MUTES_MAX);
	__type(key, struct tsem_agent_mute);
	__type(value, struct tsem_agent_muted);
} tsem_agent_mutes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_AGENT_MAX *TSEM_AGENT_RULES);
	__type(key, __u32);
	__type(value, struct tsem_agent_rule);
} tsem_agent_rules SEC(".maps");

/*
 * What is known of a task that an agent hears of. Written by the task itself
 * only, and by its parent before it runs.
 */
struct tsem_watched {
	struct tsem_task task; /* for the hooks: they keep there what they know of an event that is not over */
	__u64 marks[TSEM_AGENT_MAX]; /* by slot: the agent that it descends from */
	__u32 covering; /* the slots in whose scope it is, looked for at the last event */
	__u32 wanting; /* those of them that are to get the event */
	__u32 asking; /* those of them that are asked */
	__u32 lenient; /* those of them without whose answer it happens */
	__u32 denied; /* 1: one who cannot be asked had said that it does not happen then */
	__u32 event; /* that is asked about */
	__u64 question; /* its number; 0: none */
	__u64 numbers[TSEM_AGENT_MAX];
	__u64 deadlines[TSEM_AGENT_MAX];
	__u64 positions[TSEM_AGENT_MAX]; /* of the messages in the rings */
	__u64 ids[TSEM_AGENT_MAX]; /* the agents that are asked */
	__u64 emitted; /* events of its own, since then */
	__u64 emitted_since;
	__u64 generations[TSEM_AGENT_MAX]; /* for which the next was found */
	struct tsem_agent_muted muted[TSEM_AGENT_MAX];
	struct tsem_agent_muted target; /* what a path of the event is muted for */
	struct tsem_answer answer;
	__u64 overdue; /* behind the answer: TSEM_ASKED_OVERDUE bytes */
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_watched);
} tsem_watched SEC(".maps");

INLINE struct tsem_agent_slot *agent_at(__u32 slot)
{
	return bpf_map_lookup_elem(&tsem_agents, &slot);
}

INLINE struct tsem_watched *watched_now(void)
{
	return bpf_task_storage_get(&tsem_watched, bpf_get_current_task_btf(), 0, 0);
}

#endif
