/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side's part for agents (bpf/agent/; the modeling agents of tma.md are lib/tma/). It is loaded with the
 * first agent, program by program. Programs that no living agent needs are unloaded. All of this under the state lock.
 */
#ifndef TSEM_LIB_AGENTS_H
#define TSEM_LIB_AGENTS_H

#include "../../abi/agent_slot.h"
#include "runtime.h"

#define AGENT_PINS TSEM_PINS "/agent"

/* The pinned maps. */
#define AGENT_MAPS(M) M(agents) M(agent_rings) M(agent_mutes) M(agent_rules)

struct agents {
#define M(name) int name;
	AGENT_MAPS(M)
#undef M
	struct tsem_agent_slot *slots; /* TSEM_AGENT_MAX of them, shared with the kernel side */
};
#define AGENTS_NONE ((struct agents){-1, -1, -1, -1, NULL})
#define AGENTS_SIZE (TSEM_AGENT_MAX * sizeof(struct tsem_agent_slot))

/* Properties of an event's hooks. */
#define AGENT_EVENT_KNOWN 0x1u /* there is a hook */
#define AGENT_EVENT_WAITS 0x2u /* that may sleep: agents can be asked */
#define AGENT_EVENT_ALL 0x4u /* is no event of the default set */

/* AGENT_EVENT_* by event, from the programs themselves. */
int agents_events(tsem_u8 ret_events[TSEM_AGENT_EVENTS], struct tsem_error *error);
/* Opens the maps; load: makes them where there are none. -ENOENT: there is no agent and was none. */
int agents_open(const struct tsem_kernel *kernel, bool load, struct agents *ret_agents, struct tsem_error *error);
void agents_close(struct agents *agents);
/*
 * Attaches the programs that the living agents need, and takes away the others. more: what one of them will have
 * subscribed to, by event as in tsem_agent_slot.how; NULL: nothing.
 */
int agents_fit(const struct tsem_kernel *kernel, const struct agents *agents, const tsem_u8 *more,
	       struct tsem_error *error);
/* Takes away what belongs to agents that died. */
void agents_sweep(const struct tsem_kernel *kernel);
/* How many live. end: none of them hears of anything any more. */
unsigned agents_living(const struct tsem_kernel *kernel, bool end);

#endif
