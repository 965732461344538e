/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine: mounts, modules, BPF, clock, log, quota. */
#include "core/calls.h"
#include "core/content.h"
#include "core/describe.h"
#include "core/guard.h"
#include "core/hook.h"
#include "core/kernel.h"
#include "core/normalise.h"
#include "core/task.h"
#include "core/verdict.h"
#include "core/walk.h"

/* mount(2) copies its strings as one page each. */
#define MOUNT_STRING_MAX 4096
#define MODULE_NAME_MAX 64
#define RELATIVE_MAX 480 /* of the slack of the CELL behind a path */

INLINE bool roots_counted(void)
{
	__sync_fetch_and_add(&tsem_roots, 1);
	return 1;
}

INLINE void cell_optional_string(struct tsem_event *e, const char *string)
{
	cell_u8(e, !!string);
	if (string)
		cell_string(e, string, MOUNT_STRING_MAX);
}

/* A file system by its root, as the task sees it mounted. */
INLINE void cell_superblock(struct tsem_event *e, struct super_block *object, __u64 flags, bool portable)
{
	struct super_block *sb = READ_ONLY(struct super_block, object); /* NULL when quotactl means all of them */

	cell_walked(e, sb->s_root, mount_find(sb->s_root), 0, portable);
	if (sb)
		cell_string(e, BPF_CORE_READ(sb, s_type, name), MODULE_NAME_MAX);
	else
		cell_u32(e, 0);
	cell_u64(e, flags);
}

/*
 * A name that does not begin at the root means something else in every working
 * directory: that comes before it, with the two slashes that no path has.
 */
INLINE void cell_name_here(struct tsem_event *e, const char *name)
{
	struct fs_struct *fs = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->fs;
	__u32 length = walk_print(e, address_of(fs->pwd.dentry), address_of(real_mount(fs->pwd.mnt))) & TSEM_PATH_MAX;
	__u8 *tail = cell_tail(e) + 4;
	long n;

	length = path_normalise(e, 0, length) & TSEM_PATH_MAX;
	if (length == 1)
		length = 0; /* the root */
	else {
		tail[length] = '/';
		tail[length + 1] = '/';
		length += 2;
	}
	n = bpf_probe_read_kernel_str(tail + length, RELATIVE_MAX, name);
	if (n < 1 || n == RELATIVE_MAX)
		event_fail(e, TSEM_FAILURE_field);
	length += n - 1;
	cell_u32(e, length);
	cell_advance(e, length);
}

#define NAMES_WORD 16 /* longer than what is looked for, with its zero */

union name_word {
	char bytes[NAMES_WORD];
	__u64 words[NAMES_WORD / 8];
};

/* Lies in the fold of the event, which is used later only: what it holds there the verifier does not follow. */
struct names {
	union name_word word; /* what the component begins with, then zeros */
	__u32 length; /* of the component */
	__u8 digits; /* it has nothing else so far */
	__u8 process; /* it is looked for below a number */
	__u8 numbers; /* there was one in the name, or may be above where it begins */
	__u8 turns;
	__u8 inside; /* the working directory is in a /proc */
	__u8 rooted; /* so is the root */
};
_Static_assert(sizeof(struct names) <= TSEM_FOLD_SIZE, "it lies there");

#define NUMBERS_ABOVE 2 /* nothing of the name was read yet */

struct names_walk {
	struct names *names;
	const __u8 *text;
};

/* The highest bit says whether it is: without a branch, which the verifier would follow. */
INLINE __u64 name_is(const struct names *n, const union name_word word)
{
	__u64 other = (n->word.words[0] ^ word.words[0]) | (n->word.words[1] ^ word.words[1]);

	return (other - 1) & ~other;
}
#define NAME_IS(name) name_is(n, (const union name_word){name})

/* Whether the component depends on who asks: in a /proc, or /dev/fd, /dev/stdin and the like. */
INLINE bool name_turns(const struct names *n)
{
	__u64 below = NAME_IS("cwd") | NAME_IS("root") | NAME_IS("task"),
	      anywhere = NAME_IS("self") | NAME_IS("thread-self") | NAME_IS("fd") | NAME_IS("map_files") |
			 NAME_IS("stdin") | NAME_IS("stdout") | NAME_IS("stderr");

	return (anywhere | (below & -(__u64)n->process)) >> 63;
}

/* From the working directory, until a slash comes first. */
INLINE void name_begin(struct names *n)
{
	n->process = n->inside;
	n->numbers = NUMBERS_ABOVE;
}

/* After "..", in whatever is above, which may be what a number is the name of. */
INLINE void name_next(struct names *n, __u8 end)
{
	if (end != '/') {
		name_begin(n);
	} else if (!n->length) {
		if (n->numbers == NUMBERS_ABOVE)
			n->process = n->numbers = n->rooted;
	} else {
		bool same = n->length == 1 && n->word.bytes[0] == '.'; /* as if it were not there */

		n->numbers = n->numbers || (n->digits && !same);
		if (!same)
			n->process = NAME_IS("..") >> 63 ? n->numbers : n->digits;
	}
	__builtin_memset(&n->word, 0, sizeof(n->word));
	n->length = 0;
	n->digits = 1;
}

/* overlay(5) takes every backslash away. */
static __attribute__((noinline)) long names_step(__u32 turn, void *context)
{
	struct names_walk *w = context;
	struct names *n = w->names;
	__u8 byte = w->text[turn & TSEM_PATH_MAX];

	if (byte == '\\')
		return 0;
	if (byte && byte != '/' && byte != ':' && byte != ',' && byte != '=') {
		if (n->length < NAMES_WORD - 1)
			n->word.bytes[n->length & (NAMES_WORD - 1)] = byte;
		n->length++;
		n->digits &= byte >= '0' && byte <= '9';
		return 0;
	}
	n->turns = byte != '=' && name_turns(n); /* what an equals sign ends is a key */
	name_next(n, byte);
	return !byte || n->turns;
}

INLINE bool in_proc(const struct path *path)
{
	return path->dentry->d_sb->s_magic == PROC_SUPER_MAGIC;
}

/*
 * The kernel looks up the names in it after it has asked. What depends on the
 * descriptors or directories of a process can be anything by then.
 */
__attribute__((noinline)) int names_look(struct tsem_event *e, __u64 text)
{
	const struct fs_struct *fs = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->fs;
	struct names_walk w;
	__u8 *slack;

	if (!e)
		return 0;
	slack = e->cell + TSEM_CELL_MAX;
	w.text = slack;
	w.names = (struct names *)e->fold;
	__builtin_memset(w.names, 0, sizeof(*w.names));
	w.names->digits = 1;
	w.names->inside = in_proc(&fs->pwd);
	w.names->rooted = in_proc(&fs->root);
	name_begin(w.names);
	if (bpf_probe_read_kernel_str(slack, MOUNT_STRING_MAX, (void *)text) < 0)
		event_fail(e, TSEM_FAILURE_field);
	bpf_loop(MOUNT_STRING_MAX, names_step, &w, 0);
	if (w.names->turns)
		event_fail(e, TSEM_FAILURE_turning);
	return 0;
}

INLINE bool name_relative(const char *name)
{
	char first = 0;

	return !bpf_probe_read_kernel(&first, 1, name) && first && first != '/';
}

INLINE bool name_absolute(const char *name)
{
	char first = 0;

	return !bpf_probe_read_kernel(&first, 1, name) && first == '/';
}

/* The kernel looks it up later: another thread may have changed the working directory by then. */
INLINE void cell_name_there(struct tsem_event *e, const char *name)
{
	if (name_relative(name) && READ_ONLY(struct task_struct, bpf_get_current_task_btf())->fs->users > 1)
		event_fail(e, TSEM_FAILURE_turning);
	cell_name_here(e, name);
}

INLINE void cell_device_name(struct tsem_event *e, const char *name, unsigned long flags)
{
	cell_u8(e, !!name);
	if (!name)
		return;
	names_look(e, address_of(name));
	if (!name_relative(name))
		cell_string(e, name, MOUNT_STRING_MAX);
	else if (flags & (MS_BIND | MS_MOVE))
		cell_name_there(e, name);
	else
		cell_name_here(e, name); /* of most file systems nothing is looked up */
}

/* The options of a mount as text; the structs that some old file systems take have no form of their own. */
INLINE void cell_mount_data(struct tsem_event *e, const void *data)
{
	char first = 0;

	if (data)
		names_look(e, address_of(data));
	cell_optional_string(e, data);
	if (data && (bpf_probe_read_kernel(&first, 1, data) || (first && (__u8)first < ' ')))
		event_fail(e, TSEM_FAILURE_field);
}

/* The mount point by its name, even when the workload made the directory. */
TSEM_HOOK_RARE_GUARDED("lsm.s/sb_mount", sb_mount, place_guarded(path) || move_guarded(flags), const char *dev_name,
		       const struct path *path, const char *type, unsigned long flags, void *data)
{
	cell_device_name(e, dev_name, flags);
	cell_path(e, path, 0, portable);
	cell_optional_string(e, type);
	cell_u64(e, flags);
	cell_mount_data(e, (const void *)argument_value(ctx, 4));
}

/* Asked before the root directory is another one. */
TSEM_HOOK_RARE_AS("lsm/path_chroot", path_chroot, path_chroot, roots_counted(), ELSE_NEVER, 0, 0,
		  const struct path *path)
{
	cell_path(e, path, created_tag(path->dentry->d_inode, e->record.context), portable);
}

#define FS_KEY_MAX 64

/* Such as source, lowerdir, lowerdir+: their values are looked up from the working directory. */
INLINE bool parameter_names(const char *key)
{
	char word[4] = {};

	bpf_probe_read_kernel(word, sizeof(word), key);
	return (word[0] == 's' && word[1] == 'o') || (word[0] == 'l' && word[1] == 'o') ||
	       (word[0] == 'u' && word[1] == 'p') || (word[0] == 'w' && word[1] == 'o') ||
	       (word[0] == 'd' && word[1] == 'a');
}

INLINE void cell_parameter(struct tsem_event *e, const struct fs_parameter *param)
{
	__u32 type = BPF_CORE_READ_BITFIELD(param, type);
	const char *key = param->key, *value = param->string;

	if (type == fs_value_is_filename)
		value = BPF_CORE_READ(param, name, name);
	else if (type != fs_value_is_string)
		value = 0;
	if (type > fs_value_is_string && type != fs_value_is_filename)
		event_fail(e, TSEM_FAILURE_field); /* bytes, or a descriptor */
	if (type == fs_value_is_filename && param->dirfd != AT_FDCWD && !name_absolute(value))
		event_fail(e, TSEM_FAILURE_turning);
	cell_string(e, key, FS_KEY_MAX);
	cell_u8(e, !!value);
	if (value)
		names_look(e, address_of(value));
	if (value && parameter_names(key))
		cell_name_there(e, value);
	else if (value)
		cell_string(e, value, MOUNT_STRING_MAX);
}

/* The place of a file system that is mounted already, whose options change. */
INLINE void cell_reconfigured(struct tsem_event *e, const struct fs_context *fc, bool portable)
{
	bool mounted = BPF_CORE_READ_BITFIELD(fc, purpose) == FS_CONTEXT_FOR_RECONFIGURE && fc->root;

	cell_u8(e, mounted);
	if (mounted)
		cell_path_walked(e, fc->root, mount_find(fc->root), 0, 0, portable);
}

/* Of fsconfig(2) only: mount(2) has its options in sb_mount, and the kernel has some of its own. */
INLINE bool parameter_given(void)
{
	__u32 call = call_now();

	return call == CALL_fsconfig || call == CALL_compat;
}

TSEM_HOOK_RARE_AS("lsm/fs_context_parse_param", fs_context_parse_param, fs_context_parse_param, parameter_given(),
		  ELSE_NEVER, 0, -ENOPARAM, struct fs_context *fc, struct fs_parameter *param)
{
	cell_string(e, BPF_CORE_READ(fc, fs_type, name), MODULE_NAME_MAX);
	cell_parameter(e, param);
	cell_reconfigured(e, fc, portable);
}

/* Only fanotify is an event. inotify and the like call this hook, too. */
INLINE bool watch_reads(void)
{
	__u32 call = call_now();

	return call == CALL_fanotify_mark || call == CALL_compat;
}

#define FAN_PERMISSIONS (0x10000 | 0x20000 | 0x40000 | 0x100000)

/* Permission events on a directory above tsem's files would also be about these files. */
INLINE bool watch_guarded(struct dentry *dentry, __u64 mask)
{
	return GUARDED(dentry) || (mask & FAN_PERMISSIONS && device_guarded(dentry));
}

TSEM_HOOK_RARE_AS("lsm/path_notify", path_notify, path_notify, watch_reads(), ELSE_NEVER,
		  watch_guarded(path->dentry, mask), 0, const struct path *path, __u64 mask, unsigned int type)
{
	cell_path(e, path, created_tag(path->dentry->d_inode, e->record.context), portable);
	cell_u64(e, mask);
	cell_u32(e, type);
}

/* Made without a file: userfaultfd, io_uring. One that is refused is not made, and so not noted. */
TSEM_HOOK_RARE_NOTED("lsm/inode_init_security_anon", inode_init_security_anon,
		     ring_unnoted(name, t->context) && content_unnoted(t), struct inode *inode, const struct qstr *name)
{
	cell_string(e, (const char *)name->name, MODULE_NAME_MAX);
}

TSEM_HOOK_RARE("lsm/perf_event_open", perf_event_open, int type)
{
	cell_u32(e, type);
}

/* Message queues of POSIX; all other names pass the hooks that have their path. */
TSEM_HOOK_RARE_AS("lsm/inode_create", message_queue_create, inode_create, dir->i_sb->s_magic == MQUEUE_MAGIC,
		  ELSE_NEVER, 0, 0, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	cell_inode(e, dir, portable);
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
	cell_u16(e, mode);
}

TSEM_HOOK_RARE_AS("lsm/inode_unlink", message_queue_unlink, inode_unlink, dir->i_sb->s_magic == MQUEUE_MAGIC,
		  ELSE_NEVER, 0, 0, struct inode *dir, struct dentry *dentry)
{
	cell_inode(e, dir, portable);
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
}

TSEM_HOOK_RARE_GUARDED("lsm.s/sb_umount", sb_umount, unmount_guarded(mnt, flags), struct vfsmount *mnt, int flags)
{
	cell_walked(e, mnt->mnt_root, real_mount(mnt), 0, portable);
	cell_u32(e, flags);
}

/*
 * The hook below does not get what the flags will be, and fsconfig(2) has them
 * set before anybody is asked: they are noted here, before it. Of the others each
 * kernel has its own idea of what such a change leaves as it is.
 */
SEC("fentry/reconfigure_super")
int BPF_PROG(remount_begins, struct fs_context *fc)
{
	struct tsem_task *t = task_state();
	__u64 named = fc->sb_flags_mask & SB_NAMED;

	if (t)
		t->reconfigures = 1ULL << 63 | named << 31 | (fc->sb_flags & named);
	return 0;
}

/* Without a note it cannot be described. */
TSEM_HOOK_RARE_GUARDED("lsm.s/sb_remount", sb_remount, device_guarded(sb->s_root), struct super_block *sb,
		       void *options)
{
	__u64 noted = t->reconfigures;

	t->reconfigures = 0;
	if (!noted)
		event_fail(e, TSEM_FAILURE_field);
	cell_superblock(e, sb, (sb->s_flags & ~(noted >> 31 & 0xffffffff)) | (noted & 0x7fffffff), portable);
}

TSEM_HOOK_RARE_GUARDED("lsm/sb_pivotroot", sb_pivotroot, mounts_initial(), const struct path *old_path,
		       const struct path *new_path)
{
	cell_path(e, old_path, 0, portable);
	cell_path(e, new_path, 0, portable);
}

/*
 * What is mounted. A copy that open_tree(2) has made is nowhere yet: what it is
 * a copy of is known by the place of its file system in the task's mount namespace.
 */
INLINE void cell_mounted(struct tsem_event *e, const struct path *path, bool portable)
{
	struct dentry *dentry = path->dentry;
	struct mount *mount = real_mount(path->mnt);

	if (mount_detached(READ_ONLY(struct mount, mount), READ_ONLY(struct dentry, dentry)->d_sb))
		mount = mount_find(dentry) ?: mount;
	cell_path_walked(e, dentry, mount, 0, 0, portable);
}

/* Of a whole file system that is mounted nowhere yet. What its source is, another call has said (fsconfig, mount). */
INLINE void cell_source(struct tsem_event *e, const struct path *path)
{
	const struct mount *mount = READ_ONLY(struct mount, real_mount(path->mnt));
	const struct super_block *sb = mount->mnt.mnt_sb;
	bool whole = mount_detached(mount, sb) && mount->mnt.mnt_root == sb->s_root;

	cell_optional_string(e, whole ? mount->mnt_devname : 0);
}

TSEM_HOOK_RARE_GUARDED("lsm/move_mount", move_mount,
		       place_guarded(from_path) || place_guarded(to_path) || mounted_guarded(from_path),
		       const struct path *from_path, const struct path *to_path)
{
	cell_mounted(e, from_path, portable);
	cell_path(e, to_path, 0, portable);
	cell_string(e, BPF_CORE_READ(from_path, dentry, d_sb, s_type, name), MODULE_NAME_MAX);
	cell_source(e, from_path);
}

TSEM_HOOK_ALL("lsm.s/sb_statfs", sb_statfs, struct dentry *dentry)
{
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
}

TSEM_HOOK_RARE("lsm.s/kernel_module_request", kernel_module_request, char *name)
{
	cell_string(e, name, MODULE_NAME_MAX);
}

TSEM_HOOK_RARE("lsm/kernel_load_data", kernel_load_data, int id, bool contents)
{
	cell_u32(e, id);
	cell_u32(e, contents);
}

TSEM_HOOK_RARE("lsm.s/syslog", syslog, int type)
{
	cell_u32(e, type);
}

INLINE void cell_time(struct tsem_event *e, const struct timespec64 *time)
{
	bool all = e->options & TSEM_OPTION_ALL_EVENTS; /* another time each time: that it is set is what repeats */

	cell_u64(e, all ? BPF_CORE_READ(time, tv_sec) : 0);
	cell_u64(e, all ? BPF_CORE_READ(time, tv_nsec) : 0);
}

INLINE void cell_zone(struct tsem_event *e, const struct timezone *zone)
{
	cell_u32(e, BPF_CORE_READ(zone, tz_minuteswest));
	cell_u32(e, BPF_CORE_READ(zone, tz_dsttime));
}

TSEM_HOOK_RARE("lsm.s/settime", settime, const struct timespec64 *ts, const struct timezone *tz)
{
	cell_u8(e, argument_given(ctx, 0));
	if (argument_given(ctx, 0))
		cell_time(e, ts);
	cell_u8(e, argument_given(ctx, 1));
	if (argument_given(ctx, 1))
		cell_zone(e, tz);
}

TSEM_HOOK_RARE("lsm/quotactl", quotactl, int cmds, int type, int id, struct super_block *sb)
{
	cell_u32(e, cmds);
	cell_u32(e, type);
	cell_u32(e, id);
	cell_superblock(e, sb, READ_ONLY(struct super_block, sb)->s_flags, portable);
}

TSEM_HOOK_RARE("lsm/quota_on", quota_on, struct dentry *dentry)
{
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
}

TSEM_HOOK_RARE_GUARDED("lsm.s/bpf", bpf, bpf_guarded(cmd, attr), int cmd, union bpf_attr *attr, unsigned int size)
{
	cell_u32(e, cmd);
	cell_u32(e, size);
}

/* A process outside that has a map of tsem is guarded from then on, because a workload could take its descriptors. */
INLINE bool keeper_noted(struct bpf_map *map)
{
	struct tsem_task *t;

	if (task_inside() || !map_guarded(map))
		return 1;
	bpf_rcu_read_lock();
	t = leader_state(bpf_get_current_task_btf(), BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (t)
		__sync_fetch_and_or(&t->flags, TSEM_TASK_GUARDED | (t->context ? 0 : TSEM_TASK_LOOSE));
	bpf_rcu_read_unlock();
	return 1;
}

TSEM_HOOK_RARE_AS("lsm.s/bpf_map", bpf_map, bpf_map, keeper_noted(map), ELSE_ALL, map_guarded(map), 0,
		  struct bpf_map *map, unsigned int fmode)
{
	cell_u32(e, map->map_type);
	cell_u32(e, fmode);
}

TSEM_HOOK_RARE_GUARDED("lsm.s/bpf_prog", bpf_prog, prog_guarded(prog), struct bpf_prog *prog)
{
	cell_u32(e, prog->type);
	cell_u32(e, prog->expected_attach_type);
}
