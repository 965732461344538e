/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine: mounts, modules, BPF, clock, log, quota. */
#include "core/event.h"
#include "core/guard.h"
#include "core/walk.h"

/* mount(2) copies its strings as one page each. */
#define MOUNT_STRING_MAX 4096
#define MODULE_NAME_MAX 64

INLINE void cell_optional_string(struct tsem_event *e, const char *string)
{
	cell_u8(e, !!string);
	if (string)
		cell_string(e, string, MOUNT_STRING_MAX);
}

/* A file system by its root, as the task sees it mounted. */
INLINE void cell_superblock(struct tsem_event *e, struct super_block *object, bool portable)
{
	struct super_block *sb = READ_ONLY(struct super_block, object); /* NULL when quotactl means all of them */

	cell_walked(e, sb->s_root, mount_find(sb), 0, portable);
	if (sb)
		cell_string(e, BPF_CORE_READ(sb, s_type, name), MODULE_NAME_MAX);
	else
		cell_u32(e, 0);
	cell_u64(e, sb->s_flags);
}

/* The mount point by its name, even when the workload made the directory. */
TSEM_HOOK_GUARDED("lsm.s/sb_mount", sb_mount, task_core, place_guarded(path),
	  (const char *dev_name, const struct path *path, const char *type, unsigned long flags, void *data),
	  cell_optional_string(e, dev_name);
	  cell_path(e, path, 0, portable);
	  cell_optional_string(e, type);
	  cell_u64(e, flags))

TSEM_HOOK_GUARDED("lsm.s/sb_umount", sb_umount, task_core, unmount_guarded(mnt, flags), (struct vfsmount *mnt, int flags),
	  cell_walked(e, mnt->mnt_root, real_mount(mnt), 0, portable);
	  cell_u32(e, flags))

TSEM_HOOK("lsm.s/sb_remount", sb_remount, (struct super_block *sb, void *options), cell_superblock(e, sb, portable))

TSEM_HOOK("lsm/sb_pivotroot", sb_pivotroot, (const struct path *old_path, const struct path *new_path),
	  cell_path(e, old_path, 0, portable);
	  cell_path(e, new_path, 0, portable))

TSEM_HOOK_GUARDED("lsm/move_mount", move_mount, task_core, place_guarded(from_path) || place_guarded(to_path),
	  (const struct path *from_path, const struct path *to_path),
	  cell_path(e, from_path, 0, portable);
	  cell_path(e, to_path, 0, portable))

TSEM_HOOK_ALL("lsm.s/sb_statfs", sb_statfs, (struct dentry *dentry),
	  cell_dentry_walked(e, dentry, mount_find(dentry->d_sb), portable))

TSEM_HOOK_ALL("lsm.s/kernel_module_request", kernel_module_request, (char *name), cell_string(e, name, MODULE_NAME_MAX))

TSEM_HOOK("lsm/kernel_load_data", kernel_load_data, (int id, bool contents),
	  cell_u32(e, id);
	  cell_u32(e, contents))

TSEM_HOOK_ALL("lsm.s/syslog", syslog, (int type), cell_u32(e, type))

INLINE void cell_time(struct tsem_event *e, const struct timespec64 *time)
{
	cell_u64(e, BPF_CORE_READ(time, tv_sec));
	cell_u64(e, BPF_CORE_READ(time, tv_nsec));
}

INLINE void cell_zone(struct tsem_event *e, const struct timezone *zone)
{
	cell_u32(e, BPF_CORE_READ(zone, tz_minuteswest));
	cell_u32(e, BPF_CORE_READ(zone, tz_dsttime));
}

TSEM_HOOK_ALL("lsm.s/settime", settime, (const struct timespec64 *ts, const struct timezone *tz),
	  cell_u8(e, argument_given(ctx, 0));
	  if (argument_given(ctx, 0))
		  cell_time(e, ts);
	  cell_u8(e, argument_given(ctx, 1));
	  if (argument_given(ctx, 1))
		  cell_zone(e, tz))

TSEM_HOOK_ALL("lsm/quotactl", quotactl, (int cmds, int type, int id, struct super_block *sb),
	  cell_u32(e, cmds);
	  cell_u32(e, type);
	  cell_u32(e, id);
	  cell_superblock(e, sb, portable))

TSEM_HOOK_ALL("lsm/quota_on", quota_on, (struct dentry *dentry),
	  cell_dentry_walked(e, dentry, mount_find(dentry->d_sb), portable))

TSEM_HOOK_GUARDED("lsm.s/bpf", bpf, task_core, bpf_guarded(cmd, attr), (int cmd, union bpf_attr *attr, unsigned int size),
	  cell_u32(e, cmd);
	  cell_u32(e, size))

/* Of sets without them, only descriptors of our own maps and programs are events. */
TSEM_HOOK_GUARDED("lsm.s/bpf_map", bpf_map, task_all, map_guarded(map), (struct bpf_map *map, unsigned int fmode),
	  cell_u32(e, map->map_type);
	  cell_u32(e, fmode))

TSEM_HOOK_GUARDED("lsm.s/bpf_prog", bpf_prog, task_all, prog_guarded(prog), (struct bpf_prog *prog),
	  cell_u32(e, prog->type);
	  cell_u32(e, prog->expected_attach_type))
