/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters of agents, one's own and those of all. */
#include "agent.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void add_count(struct tsem_agent_stats *stats, const struct tsem_agent_count *count)
{
	stats->produced += count->produced;
	stats->delivered += count->delivered;
	stats->lost += count->lost;
	stats->muted += count->muted;
	stats->answered += count->answered;
	stats->denied += count->denied;
	stats->late += count->late;
}

void slot_stats(const struct tsem_agent_slot *slot, tsem_u32 event, struct tsem_agent_stats *ret_stats)
{
	*ret_stats = (struct tsem_agent_stats){.unheard = event ? 0 : slot->unheard};
	for (unsigned i = 0; i < TSEM_AGENT_EVENTS; i++)
		if (!event || i == event)
			add_count(ret_stats, &slot->counts[i]);
}

int tsem_agent_stats(const struct tsem_agent *agent, tsem_u32 event, struct tsem_agent_stats *ret_stats,
		     struct tsem_error *error)
{
	if (event >= TSEM_AGENT_EVENTS)
		return tsem_error_set(error, EINVAL, "there is no event %u", event);
	if (!agent_lives(agent))
		return tsem_error_set(error, ESTALE, "the agent is gone from the kernel's table: destroy it");
	slot_stats(agent->slot, event, ret_stats);
	return 0;
}

static void fill_info(const struct tsem_agent_slot *slot, struct tsem_agent_info *ret_info)
{
	*ret_info = (struct tsem_agent_info){
		.id = slot->id,
		.created = slot->created,
		.target = slot->target,
		.scope = slot->scope,
		.pid = slot->process,
	};
	memcpy(ret_info->name, slot->name, sizeof(ret_info->name) - 1);
	for (unsigned i = 0; i < TSEM_AGENT_EVENTS; i++) {
		ret_info->asked += !!(slot->how[i] & TSEM_AGENT_AUTH);
		ret_info->notified += !!(slot->how[i] & TSEM_AGENT_NOTIFY);
	}
	slot_stats(slot, 0, &ret_info->stats);
}

int tsem_agent_list(struct tsem_agent_info *infos, size_t limit, size_t *ret_count, struct tsem_error *error)
{
	struct tsem_kernel *kernel;
	struct agents agents;
	size_t count = 0;
	int lock, r;

	*ret_count = 0;
	r = kernel_open_loaded(&kernel, error);
	if (r || !kernel)
		return r;
	lock = runtime_lock_state(error);
	if (lock >= 0) {
		agents_sweep(kernel);
		close(lock);
	}
	if (lock >= 0 && !agents_open(kernel, false, &agents, NULL)) {
		for (unsigned i = 0; i < TSEM_AGENT_MAX && count < limit; i++)
			if (agents.slots[i].id)
				fill_info(&agents.slots[i], &infos[count++]);
		agents_close(&agents);
	}
	tsem_kernel_close(kernel);
	*ret_count = count;
	return lock < 0 ? lock : 0;
}
