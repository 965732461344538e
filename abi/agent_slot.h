/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel side, the library and the keepers share of agents. */
#ifndef TSEM_ABI_AGENT_SLOT_H
#define TSEM_ABI_AGENT_SLOT_H

#include "agent.h"
#include "external.h"
#include "limits.h"
#include "types.h"

#define TSEM_AGENT_WORDS (TSEM_AGENT_EVENTS / 64)

/* tsem_agent_slot.flags, besides those of agent.h */
#define TSEM_AGENT_STRICT 0x10u /* it is asked about some event that does not happen without an answer */

struct tsem_agent_count {
	tsem_u64 produced; /* messages: delivered, lost, or in the ring */
	tsem_u64 muted;
	tsem_u64 lost; /* found the ring full */
	tsem_u64 answered; /* in time */
	tsem_u64 denied; /* of these */
	tsem_u64 late; /* no answer in time, or none that counts: the default of the subscription */
	tsem_u64 delivered; /* counted by the reader of the ring */
};
TSEM_SIZE(tsem_agent_count, 56);

/* Value of map tsem_agents, by slot. The library and the keeper write it; from `sequence` on the kernel side counts. */
struct tsem_agent_slot {
	tsem_u64 id; /* 0: free. Never used twice between two boots; written last, and taken away by the keeper */
	tsem_u32 scope;
	tsem_u32 level;
	tsem_u64 target;
	tsem_u32 flags;
	tsem_u32 process; /* the agent's */
	tsem_u32 keeper; /* process whose executable is asked: roots/keeper */
	tsem_u32 rules; /* number of path rules of the slot: see tsem_agent_rule */
	tsem_u64 device; /* of the file system that this executable is on */
	tsem_u8 key[TSEM_KEY_SIZE]; /* random; an answer must contain it */
	tsem_u64 generation; /* of the mutes: another number after each change */
	tsem_u64 created; /* nanoseconds since boot */
	tsem_u64 sequence; /* messages */
	tsem_u64 unheard; /* events of tasks for whose state there was no memory */
	tsem_u8 name[TSEM_NAME_MAX];
	tsem_u8 how[TSEM_AGENT_EVENTS];
	tsem_u32 deadline_ms[TSEM_AGENT_EVENTS];
	struct tsem_agent_count counts[TSEM_AGENT_EVENTS];
};
TSEM_LAYOUT(tsem_agent_slot, device, 40);
TSEM_LAYOUT(tsem_agent_slot, generation, 80);
TSEM_LAYOUT(tsem_agent_slot, name, 112);
TSEM_LAYOUT(tsem_agent_slot, how, 176);
TSEM_LAYOUT(tsem_agent_slot, deadline_ms, 368);
TSEM_LAYOUT(tsem_agent_slot, counts, 1136);
TSEM_SIZE(tsem_agent_slot, 11888);

/* Key of map tsem_agent_mutes; the value says of which events. */
#define TSEM_MUTE_PROCESS 1u /* first: process id; second: when it began, in TSEM_AGENT_TICK since boot */
#define TSEM_MUTE_EXECUTABLE 2u /* first: device, as the kernel numbers it; second: number of the inode */
#define TSEM_AGENT_TICK 10000000 /* nanoseconds: in which /proc/PID/stat tells it */
struct tsem_agent_mute {
	tsem_u64 agent;
	tsem_u64 first;
	tsem_u64 second;
	tsem_u32 kind;
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_agent_mute, 32);
struct tsem_agent_muted {
	tsem_u64 events[TSEM_AGENT_WORDS];
};
TSEM_SIZE(tsem_agent_muted, 24);
#define TSEM_AGENT_MUTES_MAX 4096 /* of all agents */

/* Value of map tsem_agent_rules: those of an agent are TSEM_AGENT_RULES places from TSEM_AGENT_RULES times its slot. */
#define TSEM_RULE_EXECUTABLE 0u /* the path of who acts */
#define TSEM_RULE_TARGET 1u /* the paths that the event is about */
struct tsem_agent_rule {
	tsem_u32 used;
	tsem_u32 of; /* TSEM_RULE_* */
	tsem_u32 size; /* bytes of the path that are compared */
	tsem_u32 prefix; /* 1: what begins so */
	tsem_u64 events[TSEM_AGENT_WORDS];
	tsem_u8 path[TSEM_AGENT_RULE_PATH]; /* zeros behind */
};
TSEM_SIZE(tsem_agent_rule, 296);

/* What is before a record in the ring of an agent; behind the CELL is the path of the executable. */
#define TSEM_AGENT_HEAD_VERSION 1
struct tsem_agent_head {
	tsem_u32 size; /* of all: head, record, CELL, path */
	tsem_u16 version;
	tsem_u16 event;
	tsem_u32 action; /* TSEM_AGENT_NOTIFY or TSEM_AGENT_AUTH */
	tsem_u32 executable_size;
	tsem_u64 agent;
	tsem_u64 sequence; /* of all messages of the agent, from 1, also of lost ones */
	tsem_u64 event_sequence; /* of this event */
	tsem_u64 deadline; /* nanoseconds since boot; 0: nobody waits */
	tsem_u64 started; /* nanoseconds since boot, with the time that the machine slept: when the process began */
	tsem_u64 parent_started;
	tsem_u64 cgroup;
	tsem_u64 executable_device;
	tsem_u64 executable_inode;
	tsem_u64 subject; /* of a fork the new process; of an exit the status, as wait(2) has it */
	tsem_u64 subject_started; /* of a fork */
};
TSEM_SIZE(tsem_agent_head, 104);
TSEM_LAYOUT(tsem_agent_head, agent, 16);
TSEM_LAYOUT(tsem_agent_head, subject, 88);

/*
 * An answer is a struct tsem_answer: context is tsem_agent_slot.id, number tsem_agent_head.sequence, and the coefficient
 * begins with the time when it was given (nanoseconds, monotonic). Who asks when it is too late, because others were
 * asked first, asks for so many bytes more: he gets what there is, and does not wait.
 */
#define TSEM_ASKED_OVERDUE 8u

#endif
