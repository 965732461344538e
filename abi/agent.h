/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Agents: programs that are told of events, or asked about them (docs/agents.md). Numbers that programs use. */
#ifndef TSEM_ABI_AGENT_H
#define TSEM_ABI_AGENT_H

#include "record.h"

#define TSEM_AGENT_MAX 8 /* agents at one time */

/* Events of agents only, beside those of events.def: they have no CELL, and nobody is asked about them. */
enum {
	TSEM_AGENT_FORK = TSEM_EVENT_LIMIT, /* a process was made */
	TSEM_AGENT_EXEC = TSEM_EVENT_LIMIT + 1, /* a process runs another program from now on */
	TSEM_AGENT_EXIT = TSEM_EVENT_LIMIT + 2, /* the last thread of a process ends */
	TSEM_AGENT_SYNC = TSEM_EVENT_LIMIT + 3, /* tsem_agent_sync() was called */
	TSEM_AGENT_EMIT = TSEM_EVENT_LIMIT + 4, /* a program has called tsem_emit() */
	TSEM_AGENT_EVENTS = 192 /* numbers are below this */
};
/* What an agent wants of an event, and what is done without an answer in time. */
#define TSEM_AGENT_NOTIFY 1u /* told of it */
#define TSEM_AGENT_AUTH 2u /* asked before it happens, where the hook may sleep */
#define TSEM_AGENT_ALLOWS 4u /* without an answer in time it happens */

/* Whom it hears of. */
#define TSEM_SCOPE_HOST 1u /* every task */
#define TSEM_SCOPE_NAMESPACE 2u /* target: number of the namespace */
#define TSEM_SCOPE_DESCENDANTS 3u /* what the process of the agent starts from now on, and all that comes of it */
#define TSEM_SCOPE_CGROUP 4u /* target: number of the control group; level: how far below the root it is */

/* How. */
#define TSEM_AGENT_SEES_ITSELF 0x1u /* told of its own events */
#define TSEM_AGENT_ALL 0x2u /* also what is an event only with --events all */
#define TSEM_AGENT_INVERTS_PROCESSES 0x4u /* of the mutes by process and executable: all but these are muted */
#define TSEM_AGENT_INVERTS_TARGETS 0x8u /* of those by target */

/* Muted paths of an agent, and the bytes of one with its zero. */
#define TSEM_AGENT_RULES 32
#define TSEM_AGENT_RULE_PATH 256

#endif
