/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The control groups that are bound, and their namespaces. A binding counts as one task of its namespace, so the
 * namespace lives as long. ns->bound records this, and the process that resets it takes the task away, once.
 */
#include "group.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool find(const struct tsem_kernel *kernel, tsem_u64 group, struct tsem_binding *ret_binding)
{
	return !bpf_map_lookup_elem(kernel->bindings, &group, ret_binding);
}

struct bindings {
	tsem_u64 groups[TSEM_NAMESPACE_MAX];
	struct tsem_binding values[TSEM_NAMESPACE_MAX];
	tsem_u32 count;
};

/* All of them in one call. Nobody changes them while we hold the lock. NULL: no memory, or they cannot be read. */
static struct bindings *list(const struct tsem_kernel *kernel)
{
	struct bindings *all = calloc(1, sizeof(*all));
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	tsem_u32 next;

	if (!all)
		return NULL;
	all->count = TSEM_NAMESPACE_MAX;
	if (!bpf_map_lookup_batch(kernel->bindings, NULL, &next, all->groups, all->values, &all->count, &options) ||
	    errno == ENOENT)
		return all;
	free(all);
	return NULL;
}

static bool is_of(const struct tsem_namespace *ns, const struct tsem_binding *binding)
{
	return ns->id && ns->id == binding->context;
}

/* The path that the kernel side compares; empty when it is too long, and then no process is exempt. */
static void tool_path(struct tsem_binding *binding)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n > 0 && n < (ssize_t)sizeof(binding->tool))
		memcpy(binding->tool, path, n);
}

/* No task joins from here on. */
static void let_go(const struct tsem_kernel *kernel, tsem_u64 group, tsem_u32 slot)
{
	struct tsem_namespace *ns = &kernel->slots[slot];
	char path[512];

	if (group)
		bpf_map_delete_elem(kernel->bindings, &group);
	if (__atomic_exchange_n(&ns->bound, 0, __ATOMIC_SEQ_CST))
		__atomic_fetch_sub(&ns->tasks, 1, __ATOMIC_SEQ_CST);
	session_files_path((const char *)ns->name, "binding", path, sizeof(path));
	unlink(path); /* informs a process that waits for the end */
}

static int check_free(const struct tsem_kernel *kernel, tsem_u64 group, struct tsem_error *error)
{
	struct tsem_binding binding;
	const struct tsem_namespace *ns;
	char path[512];

	if (!find(kernel, group, &binding))
		return 0;
	ns = &kernel->slots[binding.slot % TSEM_NAMESPACE_MAX];
	if (!is_of(ns, &binding)) { /* its namespace is gone: the new one replaces it */
		bpf_map_delete_elem(kernel->bindings, &group);
		return 0;
	}
	if (group_path(group, path, sizeof(path)))
		strcpy(path, "the control group");
	return tsem_error_set(error, EEXIST, "%s is bound already, to session %s: `tsem unbind %s` first", path,
			      (const char *)ns->name, (const char *)ns->name);
}

int binding_make(const struct tsem_kernel *kernel, tsem_u32 slot, const struct tsem_group *group,
		 struct tsem_error *error)
{
	struct tsem_namespace *ns = &kernel->slots[slot];
	struct tsem_binding binding = {
		.context = ns->id,
		.slot = slot,
		.refuses = ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG,
	};
	tsem_u64 number = group_number(group);
	int r = check_free(kernel, number, error);

	if (r)
		return r;
	tool_path(&binding);
	ns->bound = TSEM_BOUND_GROUP;
	__atomic_fetch_add(&ns->tasks, 1, __ATOMIC_SEQ_CST);
	if (bpf_map_update_elem(kernel->bindings, &number, &binding, BPF_NOEXIST))
		r = tsem_error_set(error, errno, "cannot bind %s: %s", tsem_group_path(group), strerror(errno));
	else if (!group_lives(number)) /* no task can have joined */
		r = tsem_error_set(error, ENOENT, "%s was removed meanwhile", tsem_group_path(group));
	if (r)
		let_go(kernel, number, slot);
	return r;
}

void kernel_slot_hold(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	kernel->slots[slot].bound = TSEM_BOUND_HELD;
	__atomic_fetch_add(&kernel->slots[slot].tasks, 1, __ATOMIC_SEQ_CST);
}

tsem_u64 binding_group(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	struct bindings *all = kernel->slots[slot].bound ? list(kernel) : NULL;
	tsem_u64 group = 0;

	for (tsem_u32 i = 0; all && i < all->count; i++)
		if (all->values[i].slot == slot && is_of(&kernel->slots[slot], &all->values[i]))
			group = all->groups[i];
	free(all);
	return group;
}

tsem_u32 binding_slot(const struct tsem_kernel *kernel, const struct tsem_group *group)
{
	struct tsem_binding binding;

	return find(kernel, group_number(group), &binding) &&
			       is_of(&kernel->slots[binding.slot % TSEM_NAMESPACE_MAX], &binding) ?
		       binding.slot :
		       SLOT_NONE;
}

bool binding_end(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	bool bound = kernel->slots[slot].bound;

	if (bound)
		let_go(kernel, binding_group(kernel, slot), slot);
	return bound;
}

/* Bindings whose group was removed, and incomplete ones of a killed process. */
void bindings_reap(const struct tsem_kernel *kernel)
{
	struct bindings *all = list(kernel);
	bool whole[TSEM_NAMESPACE_MAX] = {};
	tsem_u32 slot;

	for (tsem_u32 i = 0; all && i < all->count; i++) {
		slot = all->values[i].slot % TSEM_NAMESPACE_MAX;
		if (!is_of(&kernel->slots[slot], &all->values[i]))
			continue; /* its execs stay refused */
		whole[slot] = true;
		if (!group_lives(all->groups[i]))
			let_go(kernel, all->groups[i], slot);
	}
	for (slot = 0; all && slot < TSEM_NAMESPACE_MAX; slot++)
		if (kernel->slots[slot].id && kernel->slots[slot].bound == TSEM_BOUND_GROUP && !whole[slot])
			let_go(kernel, 0, slot);
	free(all);
}
