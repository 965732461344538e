/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agent.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which events ---- */

static int fill_events(const struct tsem_mute *mute, tsem_u64 events[TSEM_AGENT_WORDS], struct tsem_error *error)
{
	for (unsigned i = 0; i < TSEM_AGENT_WORDS; i++)
		events[i] = mute->count ? 0 : ~0ull;
	for (size_t i = 0; i < mute->count; i++) {
		if (mute->events[i] >= TSEM_AGENT_EVENTS)
			return tsem_error_set(error, EINVAL, "there is no event %u", mute->events[i]);
		events[mute->events[i] / 64] |= 1ull << mute->events[i] % 64;
	}
	return 0;
}

/* Tasks look up anew what is muted of them. */
static void changed(const struct tsem_agent *agent)
{
	__atomic_fetch_add(&agent->slot->generation, 1, __ATOMIC_RELEASE);
}

/* Adds or takes away events. Whether some are left; ret_had: whether there were any of these. */
static bool combine(tsem_u64 *events, const tsem_u64 *change, bool add, bool *ret_had)
{
	bool left = false;

	*ret_had = false;
	for (unsigned i = 0; i < TSEM_AGENT_WORDS; i++) {
		*ret_had |= (events[i] & change[i]) != 0;
		events[i] = add ? events[i] | change[i] : events[i] & ~change[i];
		left |= events[i] != 0;
	}
	return left;
}

/* ---- by who acts ---- */

/* When the process began, in ticks, as the kernel side computes it. */
static int process_started(unsigned pid, tsem_u64 *ret_ticks)
{
	char path[64], line[1024];
	const char *at;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	size = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[size] = 0;
	at = strrchr(line, ')'); /* its name may have anything */
	for (int i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EIO;
	*ret_ticks = strtoull(at + 1, NULL, 10);
	return 0;
}

/* The number behind the word at the beginning of a line of the file. */
static int read_number(const char *path, const char *word, unsigned long long *ret_number)
{
	size_t size = strlen(word);
	char line[4096];
	int r = -ENOENT;
	FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	while (r && fgets(line, sizeof(line), file))
		if (!strncmp(line, word, size) && sscanf(line + size, "%llu", ret_number) == 1)
			r = 0;
	fclose(file);
	return r;
}

static int mount_device(unsigned long long mount, tsem_u64 *ret_device)
{
	unsigned long long number;
	unsigned high, low;
	char line[4096];
	int r = -ENOENT;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	if (!file)
		return -errno;
	while (r && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llu %*u %u:%u", &number, &high, &low) == 3 && number == mount) {
			*ret_device = (tsem_u64)high << 20 | low;
			r = 0;
		}
	fclose(file);
	return r;
}

/* As the kernel has them: overlay file systems tell stat(2) other numbers. */
static int file_numbers(const char *path, tsem_u64 *ret_device, tsem_u64 *ret_inode)
{
	int fd = open(path, O_PATH | O_CLOEXEC), r;
	unsigned long long inode = 0, mount = 0;
	char info[64];

	if (fd < 0)
		return -errno;
	snprintf(info, sizeof(info), "/proc/self/fdinfo/%d", fd);
	r = read_number(info, "ino:", &inode);
	if (!r)
		r = read_number(info, "mnt_id:", &mount);
	close(fd);
	*ret_inode = inode;
	return r ? r : mount_device(mount, ret_device);
}

static int fill_key(const struct tsem_agent *agent, const struct tsem_mute *mute, struct tsem_agent_mute *ret_key,
		    struct tsem_error *error)
{
	struct tsem_agent_mute key = {.agent = agent->id, .kind = TSEM_MUTE_EXECUTABLE};
	int r;

	if (mute->by == TSEM_MUTE_BY_PROCESS) {
		key.kind = TSEM_MUTE_PROCESS;
		key.first = mute->pid;
		r = process_started(mute->pid, &key.second);
		if (r)
			return tsem_error_set(error, -r, "cannot mute the process %u: %s", mute->pid, strerror(-r));
	} else {
		r = file_numbers(mute->path, &key.first, &key.second);
		if (r)
			return tsem_error_set(error, -r, "cannot mute %s: %s", mute->path, strerror(-r));
	}
	*ret_key = key;
	return 0;
}

static int change_key(struct tsem_agent *agent, const struct tsem_mute *mute, const tsem_u64 *events, bool add,
		      struct tsem_error *error)
{
	struct tsem_agent_muted muted = {};
	struct tsem_agent_mute key;
	bool had, left;
	int r = fill_key(agent, mute, &key, error);

	if (r)
		return r;
	bpf_map_lookup_elem(agent->agents.agent_mutes, &key, &muted);
	left = combine(muted.events, events, add, &had);
	if (!add && !had)
		return tsem_error_set(error, ENOENT, "it is not muted so");
	r = left ? bpf_map_update_elem(agent->agents.agent_mutes, &key, &muted, BPF_ANY) :
		   bpf_map_delete_elem(agent->agents.agent_mutes, &key);
	return r ? tsem_error_set(error, errno, "cannot mute: %s; all agents together have at most %d mutes",
				  strerror(errno), TSEM_AGENT_MUTES_MAX) :
		   0;
}

/* ---- by path ---- */

static int fill_rule(const struct tsem_mute *mute, struct tsem_agent_rule *ret_rule, struct tsem_error *error)
{
	size_t size = strlen(mute->path);

	if (!size || size >= TSEM_AGENT_RULE_PATH)
		return tsem_error_set(error, EINVAL, "a path that is muted has 1 to %d bytes, not %zu",
				      TSEM_AGENT_RULE_PATH - 1, size);
	*ret_rule = (struct tsem_agent_rule){
		.used = 1,
		.of = mute->by == TSEM_MUTE_BY_TARGET || mute->by == TSEM_MUTE_BY_TARGET_PREFIX ? TSEM_RULE_TARGET :
												  TSEM_RULE_EXECUTABLE,
		.prefix = mute->by == TSEM_MUTE_BY_PREFIX || mute->by == TSEM_MUTE_BY_TARGET_PREFIX,
		.size = size,
	};
	memcpy(ret_rule->path, mute->path, size);
	return 0;
}

static bool is_same(const struct tsem_agent_rule *a, const struct tsem_agent_rule *b)
{
	return a->used && a->of == b->of && a->prefix == b->prefix && a->size == b->size &&
	       !memcmp(a->path, b->path, sizeof(a->path));
}

/* The place of the rule, or, of a new one, the first that is free. Negative: there is none. */
static int find_place(const struct tsem_agent *agent, const struct tsem_agent_rule *rule,
		      struct tsem_agent_rule *ret_found)
{
	struct tsem_agent_rule found;
	int place = -1;

	for (unsigned i = 0; i < TSEM_AGENT_RULES; i++) {
		tsem_u32 at = agent->number * TSEM_AGENT_RULES + i;

		if (bpf_map_lookup_elem(agent->agents.agent_rules, &at, &found))
			continue;
		if (is_same(&found, rule)) {
			*ret_found = found;
			return at;
		}
		if (!found.used && place < 0)
			place = at;
	}
	*ret_found = *rule;
	return place;
}

static int change_rule(struct tsem_agent *agent, const struct tsem_mute *mute, const tsem_u64 *events, bool add,
		       struct tsem_error *error)
{
	struct tsem_agent_rule rule, found;
	tsem_u32 place, used;
	bool had;
	int at, r = fill_rule(mute, &rule, error);

	if (r)
		return r;
	at = find_place(agent, &rule, &found);
	if (at < 0 && add)
		return tsem_error_set(error, ENOSPC, "an agent has at most %d muted paths", TSEM_AGENT_RULES);
	found.used = combine(found.events, events, add, &had);
	if (!add && !had)
		return tsem_error_set(error, ENOENT, "it is not muted so");
	place = at;
	if (bpf_map_update_elem(agent->agents.agent_rules, &place, &found, BPF_ANY))
		return tsem_error_set(error, errno, "cannot mute %s: %s", mute->path, strerror(errno));
	used = place - agent->number * TSEM_AGENT_RULES + 1;
	if (agent->slot->rules < used)
		agent->slot->rules = used;
	return 0;
}

static int change(struct tsem_agent *agent, const struct tsem_mute *mute, bool add, struct tsem_error *error)
{
	tsem_u64 events[TSEM_AGENT_WORDS];
	int r;

	if (mute->size < sizeof(*mute) || !mute->by || mute->by > TSEM_MUTE_BY_TARGET_PREFIX ||
	    (mute->by != TSEM_MUTE_BY_PROCESS && !mute->path) || (mute->count && !mute->events))
		return tsem_error_set(error, EINVAL,
				      "a mute has its size, one of TSEM_MUTE_BY_, and a process or a path");
	r = fill_events(mute, events, error);
	if (r)
		return r;
	r = mute->by <= TSEM_MUTE_BY_FILE ? change_key(agent, mute, events, add, error) :
					    change_rule(agent, mute, events, add, error);
	changed(agent);
	return r;
}

int tsem_agent_mute(struct tsem_agent *agent, const struct tsem_mute *mute, struct tsem_error *error)
{
	return change(agent, mute, true, error);
}

int tsem_agent_unmute(struct tsem_agent *agent, const struct tsem_mute *mute, struct tsem_error *error)
{
	return change(agent, mute, false, error);
}

int tsem_agent_mute_inverted(struct tsem_agent *agent, tsem_u32 flags, struct tsem_error *error)
{
	const tsem_u32 all = TSEM_AGENT_INVERTS_PROCESSES | TSEM_AGENT_INVERTS_TARGETS;

	if (flags & ~all)
		return tsem_error_set(error, EINVAL, "mutes are inverted by TSEM_AGENT_INVERTS_, not by 0x%x", flags);
	__atomic_fetch_or(&agent->slot->flags, flags, __ATOMIC_RELAXED);
	__atomic_fetch_and(&agent->slot->flags, ~all | flags, __ATOMIC_RELAXED);
	changed(agent);
	return 0;
}

void mutes_forget(const struct agents *agents, unsigned slot, tsem_u64 agent)
{
	static const struct tsem_agent_rule none;
	struct tsem_agent_mute key = {}, next;
	bool more = !bpf_map_get_next_key(agents->agent_mutes, NULL, &key);

	for (unsigned i = 0; i < TSEM_AGENT_RULES; i++) {
		tsem_u32 at = slot * TSEM_AGENT_RULES + i;

		bpf_map_update_elem(agents->agent_rules, &at, &none, BPF_ANY);
	}
	for (; more; key = next) {
		bool lives = false;

		more = !bpf_map_get_next_key(agents->agent_mutes, &key, &next);
		for (unsigned i = 0; i < TSEM_AGENT_MAX; i++)
			lives |= agents->slots[i].id == key.agent;
		if (key.agent == agent || !lives)
			bpf_map_delete_elem(agents->agent_mutes, &key);
	}
}
