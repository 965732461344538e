/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of a namespace, in the kernel's tables and out of them. The kernel makes a task that changes a table of maps
 * wait until no program uses the old entry, about 20 ms. All tables are changed in parallel, so one wait suffices.
 */
#include "runtime.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct tsem_change {
	int table;
	tsem_u32 slot;
	int map; /* SLOT_MAP_NONE: the entry is removed */
	int result;
	pthread_t thread;
	bool threaded;
};

static void *change_make(void *context)
{
	struct tsem_change *c = context;
	int r = c->map == SLOT_MAP_NONE ? bpf_map_delete_elem(c->table, &c->slot) :
					  bpf_map_update_elem(c->table, &c->slot, &c->map, BPF_ANY);

	c->result = r && (c->map >= 0 || errno != ENOENT) ? -errno : 0; /* nothing to remove is no error */
	return NULL;
}

/* Returns the first error. Without a thread it takes longer. */
static int change_all(struct tsem_change *changes, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		changes[i].threaded = !pthread_create(&changes[i].thread, NULL, change_make, &changes[i]);
		if (!changes[i].threaded)
			change_make(&changes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (changes[i].threaded)
			pthread_join(changes[i].thread, NULL);
		if (!r)
			r = changes[i].result;
	}
	return r;
}

#define M(name) +1
enum { TABLES = 0 TSEM_SLOT_TABLES(M) };
#undef M

int kernel_slot_publish(const struct tsem_kernel *kernel, tsem_u32 slot, const struct slot_maps *maps,
			struct tsem_error *error)
{
	struct tsem_change changes[TABLES];
	size_t count = 0;
	int r = 0;

#define M(name) \
	if (maps->name != SLOT_MAP_KEEP) \
		changes[count++] = (struct tsem_change){.table = kernel->name, .slot = slot, .map = maps->name};
	TSEM_SLOT_TABLES(M)
#undef M
	for (size_t i = 0; !r && i < count; i++)
		r = changes[i].map < 0 && changes[i].map != SLOT_MAP_NONE ? changes[i].map : 0;
	if (!r)
		r = change_all(changes, count);
	for (size_t i = 0; i < count; i++)
		if (changes[i].map >= 0)
			close(changes[i].map);
	return r ? tsem_error_set(error, -r, "cannot make the maps of a namespace: %s", strerror(-r)) : 0;
}

void kernel_slot_free(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	struct tsem_change changes[TABLES];
	size_t count = 0;

#define M(name) changes[count++] = (struct tsem_change){.table = kernel->name, .slot = slot, .map = SLOT_MAP_NONE};
	TSEM_SLOT_TABLES(M)
#undef M
	change_all(changes, count);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memset(&kernel->slots[slot], 0, sizeof(kernel->slots[slot])); /* free only now */
}

tsem_u32 kernel_slot_named(const struct tsem_kernel *kernel, const char *name)
{
	for (tsem_u32 slot = 0; slot < TSEM_NAMESPACE_MAX; slot++) {
		const struct tsem_namespace *ns = &kernel->slots[slot];

		if (!ns->id || strcmp((const char *)ns->name, name))
			continue;
		kernel_slot_recount(kernel, slot);
		if (ns->tasks > 0)
			return slot;
	}
	return SLOT_NONE;
}

void slot_status(const struct tsem_namespace *ns, struct tsem_status *ret_status)
{
	*ret_status = (struct tsem_status){
		.id = ns->id,
		.mode = ns->mode,
		.action = ns->action,
		.options = ns->options,
		.orchestrator = ns->orchestrator,
		.tasks = ns->tasks - !!ns->bound,
		.created = ns->created,
		.execs = ns->execs,
		.events = ns->events,
		.points = ns->points - ns->replaced,
		.violations = ns->violations,
		.refused = ns->refused,
		.records = ns->records,
		.lost = ns->lost,
		.delivered = ns->delivered,
		.untrusted = (tsem_u32)ns->marks,
	};
	memcpy(ret_status->failures, ns->failures, sizeof(ret_status->failures));
}
