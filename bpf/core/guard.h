/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What no task of a workload may touch, in any mode and whatever its model has:
 * the maps, programs, pins, files and orchestrators of tsem itself, and the
 * switch by which the kernel stops calling programs at all.
 */
#ifndef TSEM_BPF_GUARD_H
#define TSEM_BPF_GUARD_H

#include "describe.h"
#include "kernel.h"
#include "maps.h"
#include "served.h"
#include "task.h"

#define GUARD_DEPTH 6 /* /run/tsem/sessions/NAME/FILE, and one more */

INLINE bool named_tsem(const char *name, bool map)
{
	char begin[5] = {};

	bpf_probe_read_kernel(begin, sizeof(begin), name);
	return begin[0] == 't' && begin[1] == 's' && begin[2] == 'e' && begin[3] == 'm' && (!map || begin[4] == '_');
}

/* The file system through which tasks of external namespaces ask; see external.h. Root has mounted it: anybody can give his own that name. */
INLINE bool is_rendezvous(const struct super_block *sb)
{
	char type[sizeof(TSEM_RENDEZVOUS)] = {};

	if (sb->s_magic != FUSE_SUPER_MAGIC || served_by_user(sb, 0))
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

/* By its files a connection is ended by which tasks ask who decides for them; which one it is, they do not tell. */
INLINE bool entry_connection(const struct dentry *dentry)
{
	return dentry->d_sb->s_magic == FUSE_CTL_MAGIC;
}

/* Written to, it takes every program of BPF and tracing off the kernel's functions, ours too. */
#define SWITCH_NAME "ftrace_enabled"
__attribute__((noinline)) int entry_switch(__u64 entry)
{
	struct dentry *dentry = READ_ONLY(struct dentry, (void *)entry);
	char name[sizeof(SWITCH_NAME)] = {};

	if (entry_connection(dentry))
		return 1;
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

/* Noted when they were made: see tsem_guarded. */
__attribute__((noinline)) int object_guarded(__u32 kind, __u32 id)
{
	struct tsem_object key = {.kind = kind, .id = id};

	return !!bpf_map_lookup_elem(&tsem_guarded, &key);
}

/* Those of one namespace are made and go while others live; they are known by a name that no map can lose or change. */
INLINE bool map_guarded(struct bpf_map *object)
{
	struct bpf_map *map = READ_ONLY(struct bpf_map, object);

	return named_tsem(map->name, 1) || object_guarded(TSEM_OBJECT_MAP, map->id);
}

INLINE bool prog_guarded(struct bpf_prog *object)
{
	return object_guarded(TSEM_OBJECT_PROGRAM, READ_ONLY(struct bpf_prog, object)->aux->id);
}

/* A link is taken by its number, which comes first and is the kernel's copy; or by its pin, for which see guard.bpf.c. */
INLINE bool bpf_guarded(int cmd, union bpf_attr *attr)
{
	__u32 id = 0;

	if (cmd != BPF_LINK_GET_FD_BY_ID)
		return 0;
	return bpf_probe_read_kernel(&id, sizeof(id), attr) || object_guarded(TSEM_OBJECT_LINK, id);
}

/* Whether the descriptor is of a map, program or link of ours: "bpf-map", "bpf-prog", "bpf-link" or "bpf_link". */
INLINE bool descriptor_guarded(struct file *object)
{
	struct file *file = READ_ONLY(struct file, object);
	struct dentry *dentry = file->f_path.dentry;
	const void *private = file->private_data;
	char name[5] = {};

	if (dentry->d_sb->s_magic != ANON_INODE_FS_MAGIC)
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), dentry->d_name.name);
	if (name[0] != 'b' || name[1] != 'p' || name[2] != 'f')
		return 0;
	if (name[4] == 'm')
		return map_guarded((struct bpf_map *)private);
	if (name[4] == 'p')
		return prog_guarded((struct bpf_prog *)private);
	return name[4] == 'l' && object_guarded(TSEM_OBJECT_LINK, READ_ONLY(struct bpf_link, private)->id);
}

/* Commands that type into a terminal, and so into the shell outside that has started the workload. */
#define TIOCSTI 0x5412
#define TIOCLINUX 0x541c
INLINE bool ioctl_guarded(__u32 cmd)
{
	return cmd == TIOCSTI || cmd == TIOCLINUX;
}

/* For programs that only guard, below where the event is: what comes first has its record, this is counted. */
INLINE int guard_count(struct tsem_namespace *ns)
{
	if (ns) {
		__sync_fetch_and_add(&ns->violations, 1);
		__sync_fetch_and_add(&ns->refused, 1);
	}
	return -EPERM;
}

INLINE int guard_refuse(const struct tsem_task *t)
{
	return guard_count(namespace_of(t));
}

/* Whether the entry lies on a file system that has something of ours. */
INLINE bool device_guarded(const struct dentry *object)
{
	__u64 device = READ_ONLY(struct dentry, object)->d_sb->s_dev;
	struct tsem_guard *guard;
	__u32 zero = 0;

	guard = bpf_map_lookup_elem(&tsem_guard, &zero);
	return !guard || device == guard->pins_device || device == guard->run_device;
}

/* For operations on inodes, and for tasks that act for an overlay file system: on a device of ours the entry is looked at. */
INLINE int entry_refuse(struct dentry *dentry)
{
	struct tsem_task *t;

	if (!device_guarded(dentry))
		return 0;
	t = task_inside();
	return t && GUARDED(dentry) ? guard_refuse(t) : 0;
}

/* The mount through which everybody finds our files: of the whole file system that they are on, where tsem was loaded. */
INLINE bool mount_of_files(const struct mount *mount, const struct tsem_guard *guard)
{
	return mounts_first(mount->mnt_ns) && mount->mnt.mnt_sb->s_dev == guard->run_device &&
	       mount->mnt.mnt_root == mount->mnt.mnt_sb->s_root;
}

/*
 * Taking away the mount with the pins takes the pins away. A lazy umount takes
 * all that is mounted below too, so there no look at one mount is enough; and
 * what is in use, as the file system with our files is.
 */
INLINE bool unmount_guarded(struct vfsmount *mnt, int flags)
{
	struct mount *mount = READ_ONLY(struct mount, real_mount(mnt));
	struct tsem_guard *guard;
	__u32 zero = 0;

	guard = bpf_map_lookup_elem(&tsem_guard, &zero);
	if (!guard || mount->mnt.mnt_sb->s_dev == guard->pins_device)
		return 1;
	if (!(flags & MNT_DETACH))
		return 0;
	if (mount->mnt_mounts.next == &mount->mnt_mounts)
		return mount_of_files(mount, guard);
	return mounts_first(mount->mnt_ns) || mount->mnt.mnt_flags & MNT_SHARED;
}

/* The kernel does not ask about what mount(2) moves: where our pins are mounted it moves nothing. */
INLINE bool move_guarded(unsigned long flags)
{
	return flags & MS_MOVE && mounts_initial();
}

/* The same by move_mount(2): of our files, or of what has mounts below, which move along. What is mounted nowhere yet has no number. */
INLINE bool mounted_guarded(const struct path *path)
{
	const struct mount *mount = READ_ONLY(struct mount, real_mount(READ_ONLY(struct path, path)->mnt));
	struct tsem_guard *guard;
	__u32 zero = 0;

	guard = bpf_map_lookup_elem(&tsem_guard, &zero);
	if (!guard || mount_of_files(mount, guard))
		return 1;
	return mount->mnt_mounts.next != &mount->mnt_mounts && mounts_first(mount->mnt_ns);
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
