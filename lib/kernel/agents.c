/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agents.h"
#include "agent_programs.h"
#include "capture.h"
#include "object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.skel.h"

#define LINKS AGENT_PINS "/links"

/* ---- which programs, for which events ---- */

/* Of what programs say themselves nobody is asked: it has happened. */
static bool waits(const struct bpf_program *program)
{
	return strcmp(bpf_program__name(program), "agent_emits") &&
	       !strncmp(bpf_program__section_name(program), "lsm.s/", 6);
}

static int note_events(const struct bpf_program *program, tsem_u8 *events, struct tsem_error *error)
{
	const char *name = bpf_program__name(program);
	tsem_u16 seen[AGENT_PROGRAM_EVENTS];
	unsigned count = agent_program_events(name, seen);

	if (count == AGENT_PROGRAM_UNKNOWN)
		return tsem_error_set(error, EINVAL, "lib/kernel/agent_programs.c does not say what %s is for", name);
	for (unsigned i = 0; i < count; i++) {
		bool all = agent_program_all(name) && !(events[seen[i]] & AGENT_EVENT_KNOWN);

		events[seen[i]] |= AGENT_EVENT_KNOWN | (waits(program) ? AGENT_EVENT_WAITS : 0);
		events[seen[i]] |= all ? AGENT_EVENT_ALL : 0;
	}
	return 0;
}

int agents_events(tsem_u8 ret_events[TSEM_AGENT_EVENTS], struct tsem_error *error)
{
	struct tsem_agent_bpf *skeleton;
	struct bpf_program *program;
	int r = 0;

	memset(ret_events, 0, TSEM_AGENT_EVENTS);
	capture_begin();
	skeleton = tsem_agent_bpf__open();
	if (!skeleton)
		r = object_failed(error, errno, "open the programs for agents");
	else
		bpf_object__for_each_program (program, skeleton->obj)
			r = r ? r : note_events(program, ret_events, error);
	tsem_agent_bpf__destroy(skeleton);
	capture_end();
	return r;
}

/* The subscriptions of all living agents together. */
struct wanted {
	tsem_u8 how[TSEM_AGENT_EVENTS];
	bool any;
};

static bool process_lives(tsem_u32 process)
{
	return !kill(process, 0) || errno == EPERM;
}

/* A process that has the number of a dead one is none of an agent: both would have to be. */
static bool agent_slot_lives(const struct tsem_agent_slot *slot)
{
	return slot->id && process_lives(slot->process) && process_lives(slot->keeper);
}

static void find_wanted(const struct agents *agents, struct wanted *ret_wanted)
{
	*ret_wanted = (struct wanted){};
	for (unsigned slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		const struct tsem_agent_slot *a = &agents->slots[slot];

		if (!agent_slot_lives(a))
			continue;
		ret_wanted->any = true;
		for (unsigned i = 0; i < TSEM_AGENT_EVENTS; i++)
			ret_wanted->how[i] |= a->how[i];
	}
}

static bool is_wanted(const char *program, const struct wanted *wanted)
{
	tsem_u16 events[AGENT_PROGRAM_EVENTS];
	unsigned count = agent_program_events(program, events);
	bool found = false;

	if (!strcmp(program, "agent_execs") || !strcmp(program, "agent_inherits") || !strcmp(program, "agent_emits"))
		return wanted->any;
	if (!strcmp(program, "external_create"))
		return wanted->how[TSEM_EVENT_inode_create] & TSEM_AGENT_AUTH;
	for (unsigned i = 0; count != AGENT_PROGRAM_UNKNOWN && i < count; i++)
		found |= wanted->how[events[i]] != 0;
	return found;
}

static bool is_attached(const char *program)
{
	char path[256];

	snprintf(path, sizeof(path), LINKS "/%s", program);
	return !access(path, F_OK);
}

/* ---- loading ---- */

static bool is_agents(const char *map)
{
#define M(name) \
	if (!strcmp(map, "tsem_" #name)) \
		return true;
	AGENT_MAPS(M)
#undef M
	return !strcmp(map, "tsem_watched") || !strcmp(map, "tsem_executed");
}

/* Maps that are there already: of the model, or made for an agent before. */
static int reuse_maps(struct tsem_agent_bpf *skeleton, struct tsem_error *error)
{
	struct bpf_map *map;
	char path[256];
	int r = 0;

	bpf_object__for_each_map (map, skeleton->obj) {
		const char *name = bpf_map__name(map);

		if (r || bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), "%s/%s", is_agents(name) ? AGENT_PINS : TSEM_PINS, name);
		r = object_reuse(map, path);
		if (r == -ENOENT && is_agents(name))
			r = 0; /* made now */
	}
	return r ? object_failed(error, -r, "use the maps of the loaded programs for agents") : 0;
}

static int pin_maps(struct tsem_agent_bpf *skeleton, struct tsem_error *error)
{
	struct bpf_map *map;
	char path[256];

	bpf_object__for_each_map (map, skeleton->obj) {
		snprintf(path, sizeof(path), AGENT_PINS "/%s", bpf_map__name(map));
		if (is_agents(bpf_map__name(map)) && access(path, F_OK) && bpf_map__pin(map, path))
			return object_failed(error, errno, "pin the maps of agents");
	}
	return 0;
}

static int attach(const struct tsem_kernel *kernel, struct bpf_program *program, struct tsem_error *error)
{
	char path[256];
	int r;

	snprintf(path, sizeof(path), LINKS "/%s", bpf_program__name(program));
	r = object_attach(kernel->guarded, program, path);
	return r ? object_failed(error, -r, "attach the programs for agents") : 0;
}

static int load(struct tsem_agent_bpf *skeleton, const struct tsem_kernel *kernel, const struct wanted *wanted,
		struct tsem_error *error)
{
	struct bpf_program *program;
	bool any = access(AGENT_PINS "/tsem_agent_rules", F_OK); /* the maps are to be made */
	int r;

	bpf_object__for_each_program (program, skeleton->obj) {
		const char *name = bpf_program__name(program);
		bool now = is_wanted(name, wanted) && !is_attached(name);

		bpf_program__set_autoload(program, now);
		any |= now;
	}
	if (!any)
		return 0;
	r = reuse_maps(skeleton, error);
	if (!r)
		r = object_initial_mounts(&skeleton->rodata->tsem_initial_mounts, error);
	skeleton->rodata->tsem_all_events = 1; /* the agents' options decide */
	skeleton->rodata->tsem_pool_mask = object_pool_entries() - 1;
	if (!r && tsem_agent_bpf__load(skeleton))
		r = object_failed(error, errno, "load the programs for agents");
	if (!r && ((mkdir(AGENT_PINS, 0700) && errno != EEXIST) || (mkdir(LINKS, 0700) && errno != EEXIST)))
		r = object_failed(error, errno, "make a directory in " TSEM_PINS);
	if (!r)
		r = pin_maps(skeleton, error);
	bpf_object__for_each_program (program, skeleton->obj)
		if (!r && bpf_program__autoload(program))
			r = attach(kernel, program, error);
	return r;
}

static int load_wanted(const struct tsem_kernel *kernel, const struct wanted *wanted, struct tsem_error *error)
{
	struct tsem_agent_bpf *skeleton;
	int r;

	capture_begin();
	skeleton = tsem_agent_bpf__open();
	r = skeleton ? load(skeleton, kernel, wanted, error) :
		       object_failed(error, errno, "open the programs for agents");
	tsem_agent_bpf__destroy(skeleton);
	capture_end();
	return r;
}

/* ---- taking away ---- */

/* The notes of a program and of its link go with them: there is room for so many only. */
static void detach(const struct tsem_kernel *kernel, const char *program)
{
	struct bpf_link_info info = {};
	struct tsem_object key;
	__u32 size = sizeof(info);
	char path[512];
	int fd;

	snprintf(path, sizeof(path), LINKS "/%s", program);
	fd = bpf_obj_get(path);
	unlink(path);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size)) {
		key = (struct tsem_object){.kind = TSEM_OBJECT_LINK, .id = info.id};
		bpf_map_delete_elem(kernel->guarded, &key);
		key = (struct tsem_object){.kind = TSEM_OBJECT_PROGRAM, .id = info.prog_id};
		bpf_map_delete_elem(kernel->guarded, &key);
	}
	close(fd);
}

static void detach_unwanted(const struct tsem_kernel *kernel, const struct wanted *wanted)
{
	DIR *directory = opendir(LINKS);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && !is_wanted(entry->d_name, wanted))
			detach(kernel, entry->d_name);
	if (directory)
		closedir(directory);
}

int agents_fit(const struct tsem_kernel *kernel, const struct agents *agents, const tsem_u8 *more,
	       struct tsem_error *error)
{
	struct wanted wanted;
	int r = 0;

	find_wanted(agents, &wanted);
	for (unsigned i = 0; more && i < TSEM_AGENT_EVENTS; i++)
		wanted.how[i] |= more[i];
	if (wanted.any)
		r = load_wanted(kernel, &wanted, error);
	detach_unwanted(kernel, &wanted);
	return r;
}

/* ---- the maps ---- */

static int open_map(const char *name, int *ret_fd, struct tsem_error *error)
{
	char path[256];

	snprintf(path, sizeof(path), AGENT_PINS "/tsem_%s", name);
	*ret_fd = bpf_obj_get(path);
	return *ret_fd >= 0 ? 0 : tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
}

int agents_open(const struct tsem_kernel *kernel, bool make, struct agents *ret_agents, struct tsem_error *error)
{
	static const struct wanted first = {.any = true};
	struct agents agents = AGENTS_NONE;
	int r = 0;

	if (access(AGENT_PINS "/tsem_agent_rules", F_OK))
		r = make ? load_wanted(kernel, &first, error) : tsem_error_set(error, ENOENT, "there is no agent");
#define M(name) \
	if (!r) \
		r = open_map(#name, &agents.name, error);
	AGENT_MAPS(M)
#undef M
	if (!r) {
		agents.slots = mmap(NULL, AGENTS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, agents.agents, 0);
		if (agents.slots == MAP_FAILED) {
			agents.slots = NULL;
			r = tsem_error_set(error, errno, "cannot map the table of agents: %s", strerror(errno));
		}
	}
	if (r)
		agents_close(&agents);
	else
		*ret_agents = agents;
	return r;
}

void agents_close(struct agents *agents)
{
	if (agents->slots)
		munmap(agents->slots, AGENTS_SIZE);
	agents->slots = NULL;
#define M(name) \
	if (agents->name >= 0) \
		close(agents->name); \
	agents->name = -1;
	AGENT_MAPS(M)
#undef M
}

/* Taking a map out of the table makes who does it wait: only where there is one. */
static void forget_ring(const struct agents *agents, tsem_u32 slot)
{
	tsem_u32 ring;

	if (!bpf_map_lookup_elem(agents->agent_rings, &slot, &ring))
		bpf_map_delete_elem(agents->agent_rings, &slot);
}

void agents_sweep(const struct tsem_kernel *kernel)
{
	struct agents agents;
	struct wanted wanted;

	if (agents_open(kernel, false, &agents, NULL))
		return;
	for (unsigned slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		if (agent_slot_lives(&agents.slots[slot]))
			continue;
		agents.slots[slot].id = 0;
		forget_ring(&agents, slot);
	}
	find_wanted(&agents, &wanted);
	detach_unwanted(kernel, &wanted);
	agents_close(&agents);
}

unsigned agents_living(const struct tsem_kernel *kernel, bool end)
{
	struct agents agents;
	unsigned count = 0;

	if (agents_open(kernel, false, &agents, NULL))
		return 0;
	for (unsigned slot = 0; slot < TSEM_AGENT_MAX; slot++) {
		count += agent_slot_lives(&agents.slots[slot]);
		if (end)
			agents.slots[slot].id = 0;
	}
	agents_close(&agents);
	return count;
}
