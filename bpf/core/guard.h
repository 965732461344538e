/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What no task of a workload may touch, in any mode and whatever its model has:
 * the maps, programs, pins, files and orchestrators of tsem itself, and the
 * switch by which the kernel stops calling programs at all.
 */
#ifndef TSEM_BPF_GUARD_H
#define TSEM_BPF_GUARD_H

#include "event.h"

#define GUARD_DEPTH 6 /* /run/tsem/sessions/NAME/FILE, and one more */

INLINE bool named_tsem(const char *name, bool map)
{
	char begin[5] = {};

	bpf_probe_read_kernel(begin, sizeof(begin), name);
	return begin[0] == 't' && begin[1] == 's' && begin[2] == 'e' && begin[3] == 'm' && (!map || begin[4] == '_');
}

/* The file system through which tasks of external namespaces ask; see external.h. */
INLINE bool is_rendezvous(const struct super_block *sb)
{
	char type[sizeof(TSEM_RENDEZVOUS)] = {};

	if (sb->s_magic != FUSE_SUPER_MAGIC)
		return 0;
	bpf_probe_read_kernel_str(type, sizeof(type), sb->s_subtype);
	for (__u32 i = 0; i < sizeof(type); i++)
		if (type[i] != TSEM_RENDEZVOUS[i])
			return 0;
	return 1;
}

/*
 * Whether the entry is a pin, a file of a session, or a directory of these. In
 * the file system with the pins everything is that lies below a name that begins
 * with tsem. A function of its own, so that the verifier walks it once; the
 * entry comes as a number.
 */
__attribute__((noinline)) int entry_guarded(__u64 entry)
{
	struct dentry *parent, *dentry = READ_ONLY(struct dentry, (void *)entry);
	struct tsem_guard *guard;
	__u32 zero = 0;
	__u64 device;

	guard = bpf_map_lookup_elem(&tsem_guard, &zero);
	if (!guard || !entry)
		return 1;
	device = dentry->d_sb->s_dev;
	if (device != guard->pins_device && device != guard->run_device)
		return is_rendezvous(dentry->d_sb);
	for (int i = 0; i < GUARD_DEPTH; i++) {
		parent = dentry->d_parent;
		if (device == guard->run_device && dentry->d_inode->i_ino == guard->run_inode)
			return 1;
		if (parent == dentry)
			return 0;
		if (device == guard->pins_device && parent->d_parent == parent &&
		    named_tsem((const char *)dentry->d_name.name, 0))
			return 1;
		dentry = parent;
	}
	return 0;
}

#define GUARDED(dentry) entry_guarded(address_of(dentry))

/* For hooks that found no working memory. */
INLINE int guarded_exhausted(struct tsem_task *t, __u32 event, bool guarded)
{
	int verdict = tsem_exhausted(t, event);

	return guarded ? namespace_gone(t) : VERDICT(verdict);
}

/* Written to, it takes every program of BPF and tracing off the kernel's functions, ours too. */
#define SWITCH_NAME "ftrace_enabled"
__attribute__((noinline)) int entry_switch(__u64 entry)
{
	struct dentry *dentry = READ_ONLY(struct dentry, (void *)entry);
	char name[sizeof(SWITCH_NAME)] = {};

	if (dentry->d_sb->s_magic != PROC_SUPER_MAGIC || dentry->d_name.len != sizeof(SWITCH_NAME) - 1)
		return 0;
	bpf_probe_read_kernel(name, sizeof(SWITCH_NAME) - 1, dentry->d_name.name);
	for (__u32 i = 0; i < sizeof(SWITCH_NAME); i++)
		if (name[i] != SWITCH_NAME[i])
			return 0;
	return 1;
}

INLINE bool file_guarded(struct file *file)
{
	__u64 dentry = address_of(file->f_path.dentry);

	return entry_guarded(dentry) || (file->f_mode & FMODE_WRITE && entry_switch(dentry));
}

/*
 * As TSEM_HOOK, for what may concern tsem itself: then it is refused in every
 * mode, and an event also where the namespace does not model it otherwise.
 */
#define TSEM_HOOK_GUARDED(section, event, wanted, condition, arguments, ...) \
	SEC(section) \
	int TSEM_PROGRAM(event, TSEM_UNWRAP arguments) \
	{ \
		struct tsem_task *t = task_modeled(); \
		bool portable, guarded; \
		struct tsem_event *e; \
\
		if (!t) \
			return 0; \
		if (SLEEPABLE(section)) \
			export_wait(t); \
		guarded = condition; \
		if (!guarded && !wanted(t)) \
			return 0; \
		e = event_begin(t, TSEM_EVENT_##event); \
		if (!e) \
			return guarded_exhausted(t, TSEM_EVENT_##event, guarded); \
		e->forbidden = guarded; \
		portable = task_portable(t); \
		(void)portable; \
		__VA_ARGS__; \
		if (SLEEPABLE(section)) \
			return VERDICT(event_end_sleepable(e, t)); \
		return VERDICT(event_end(e, t)); \
	}

struct orchestrator_search {
	__u32 tgid;
	__u32 found;
};

/* Who dies with it takes the answers to all that wait. */
INLINE bool is_helper(const struct tsem_namespace *ns, __u32 slot, __u32 tgid)
{
	struct tsem_external *external;

	if (!(ns->options & TSEM_OPTION_EXTERNAL))
		return 0;
	external = bpf_map_lookup_elem(&tsem_externals, &slot);
	return external && external->helper == tgid;
}

static long orchestrator_step(__u32 slot, void *context)
{
	struct orchestrator_search *s = context;
	struct tsem_namespace *ns = bpf_map_lookup_elem(&tsem_namespaces, &slot);

	s->found = ns && ns->id && (ns->orchestrator == s->tgid || is_helper(ns, slot, s->tgid));
	return s->found;
}

/* Whether the process holds the trajectory of a namespace, or the answers for an external one. */
__attribute__((noinline)) int process_orchestrates(__u32 tgid)
{
	struct orchestrator_search s = {.tgid = tgid};

	bpf_loop(TSEM_NAMESPACE_MAX, orchestrator_step, &s, 0);
	return s.found;
}

/* All our maps have such a name, and each of our programs uses one of them first. A map cannot be renamed. */
INLINE bool map_guarded(struct bpf_map *map)
{
	return named_tsem(READ_ONLY(struct bpf_map, map)->name, 1);
}

INLINE bool prog_guarded(struct bpf_prog *object)
{
	struct bpf_prog_aux *aux = READ_ONLY(struct bpf_prog, object)->aux;
	struct bpf_map *map = 0;

	if (!aux->used_map_cnt)
		return 0;
	bpf_probe_read_kernel(&map, sizeof(map), aux->used_maps);
	return map && map_guarded(map);
}

/*
 * Taking away the mount with the pins takes the pins away. A lazy umount takes
 * all that is mounted below too, so there no look at one mount is enough.
 */
INLINE bool unmount_guarded(struct vfsmount *mnt, int flags)
{
	struct mount *mount = READ_ONLY(struct mount, real_mount(mnt));
	struct tsem_guard *guard;
	__u32 zero = 0;

	guard = bpf_map_lookup_elem(&tsem_guard, &zero);
	if (!guard || mount->mnt.mnt_sb->s_dev == guard->pins_device)
		return 1;
	if (!(flags & MNT_DETACH) || mount->mnt_mounts.next == &mount->mnt_mounts)
		return 0;
	return mount->mnt.mnt_flags & MNT_SHARED || mount->mnt_ns->ns.inum == tsem_initial_mnt_ns;
}

/* Mounting over our directories, or changing the mount that they are on. */
INLINE bool place_guarded(const struct path *path)
{
	struct dentry *dentry = READ_ONLY(struct path, path)->dentry;
	struct tsem_guard *guard;
	__u32 zero = 0;

	guard = bpf_map_lookup_elem(&tsem_guard, &zero);
	return !guard || dentry->d_sb->s_dev == guard->pins_device || GUARDED(dentry);
}

#endif
