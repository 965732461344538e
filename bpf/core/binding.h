/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who joins a namespace by an exec, because of the control group that it is in:
 * a task that is in no namespace of its own, before anything of the exec is
 * judged. What it was before, such as a container's runtime that sets it up, is
 * no part of the workload. Nothing but an exec looks at control groups.
 */
#ifndef TSEM_BPF_BINDING_H
#define TSEM_BPF_BINDING_H

#include "content.h"
#include "describe.h"
#include "kernel.h"
#include "maps.h"
#include "task.h"

#define JOIN_TRIES 64

/* The nearest one: of all levels from the root on, which end with the task's own group, the last that is bound. */
INLINE struct tsem_binding *binding_find(__u64 *ret_group)
{
	struct tsem_binding *binding, *found = 0;
	__u64 group;

	for (int level = 1; level <= TSEM_BINDING_DEPTH; level++) {
		group = bpf_get_current_ancestor_cgroup_id(level);
		if (!group)
			break;
		binding = bpf_map_lookup_elem(&tsem_bindings, &group);
		if (!binding)
			continue;
		found = binding;
		*ret_group = group;
	}
	return found;
}

#define ROOT_MOUNTS 4

/* Whether the task's names begin where those of its mount namespace do: at a root that covers a root, and no other directory. */
INLINE bool root_initial(void)
{
	const struct path *root = &READ_ONLY(struct task_struct, bpf_get_current_task_btf())->fs->root;
	const struct mount *mount = READ_ONLY(struct mount, real_mount(root->mnt));
	const struct dentry *dentry = root->dentry;

#pragma clang loop unroll(disable)
	for (int i = 0; i < ROOT_MOUNTS && dentry == mount->mnt.mnt_root; i++) {
		if (mount->mnt_parent == mount)
			return 1;
		dentry = mount->mnt_mountpoint;
		mount = mount->mnt_parent;
	}
	return 0;
}

/*
 * tsem itself, started by who may control namespaces, as a service manager does
 * for the group that it unbinds: by its path where it was bound, which nobody
 * inside can change the meaning of for those outside.
 */
INLINE bool binding_spares(const struct tsem_binding *binding, struct file *file)
{
	char path[TSEM_BINDING_TOOL] = {};

	if (!mounts_initial() || !root_initial() || !task_controls(bpf_get_current_task_btf()))
		return 0;
	if (bpf_path_d_path(&file->f_path, path, sizeof(path)) <= 1)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < TSEM_BINDING_TOOL && path[i] == binding->tool[i]; i++)
		if (!path[i])
			return 1;
	return 0;
}

/*
 * One more task of the namespace, which lives as long as it has one: never the
 * first of one that ends. Where those that were being ended are gone, and only
 * the binding is left, it begins anew.
 */
INLINE bool namespace_enter(struct tsem_namespace *ns, __u64 context)
{
	bool entered = 0;
	__s64 tasks = 0;

	for (int i = 0; i < JOIN_TRIES && !entered; i++) {
		tasks = *(volatile __s64 *)&ns->tasks;
		if (tasks <= 0)
			return 0;
		entered = __sync_val_compare_and_swap(&ns->tasks, tasks, tasks + 1) == tasks;
	}
	if (entered &&
	    *(volatile __u64 *)&ns->id != context) { /* another one by now, which lives: it was counted there */
		__sync_fetch_and_add(&ns->tasks, -1);
		return 0;
	}
	if (entered && tasks == 1)
		ns->ending = 0;
	return entered;
}

/* As a task that was put there: it has executed nothing yet. Its paths begin where its own mounts do. */
INLINE void task_joins(struct tsem_task *t, const struct tsem_namespace *ns, __u64 context, __u32 slot)
{
	__u32 kept = t->flags & TSEM_TASK_OURS;

	codes_forget(t);
	__builtin_memset(t, 0, sizeof(*t));
	t->slot = slot;
	t->options = ns->options;
	t->home = mounts_number(READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nsproxy->mnt_ns);
	t->flags = kept;
	t->context = context;
}

/*
 * Whether the exec is refused: who cannot join where what is not in the model is refused executes nothing. By
 * itself, so that its stack is not below that of the event.
 */
__attribute__((noinline)) int binding_joins(struct file *file ARGUMENT_TRUSTED)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_binding *binding, *again;
	__u64 group = 0, context;
	struct tsem_namespace *ns;
	__u32 slot, refuses;

	if (!file)
		return 1;
	if (task_context(t))
		return 0;
	binding = binding_find(&group);
	if (!binding)
		return 0;
	context = binding->context;
	slot = binding->slot;
	refuses = binding->refuses;
	if (binding_spares(binding, file))
		return 0;
	/* Its memory may be another one's once it is unbound. */
	again = bpf_map_lookup_elem(&tsem_bindings, &group);
	ns = again && again->context == context ? namespace_at(slot, context) : 0;
	if (!ns || !namespace_enter(ns, context))
		return refuses;
	t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t || ns->ending) {
		if (!t)
			count(&ns->failures[TSEM_FAILURE_storage]);
		__sync_fetch_and_add(&ns->tasks, -1);
		return t || refuses;
	}
	task_joins(t, ns, context, slot);
	return 0;
}

#endif
