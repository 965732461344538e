/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events on names and attributes. The path hooks are taken where there are
 * any, because they see the directory with its mount; file systems that work
 * on top of others do not pass them a second time.
 */
#include "core/content.h"
#include "core/created.h"
#include "core/describe.h"
#include "core/event.h"
#include "core/export.h"
#include "core/guard.h"
#include "core/hook.h"
#include "core/ids.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/renamed.h"
#include "core/nameless.h"
#include "core/normalise.h"
#include "core/task.h"
#include "core/verdict.h"
#include "core/walk.h"

/* An entry that is about to be made, by its maker, or removed: the directory, the entry, and a mode when it has one. */
INLINE struct tsem_event *entry_begin(struct tsem_task *t, __u32 event, const struct path *dir, struct dentry *dentry,
				      struct tsem_task *maker)
{
	struct tsem_event *e = event_begin(t, event);
	bool portable = task_portable(t);

	if (!e)
		return 0;
	e->forbidden = GUARDED(dentry);
	cell_inode(e, dir->dentry->d_inode, portable);
	cell_dentry(e, dir, dentry, maker, portable);
	return e;
}

INLINE int entry_exhausted(struct tsem_task *t, __u32 event, struct dentry *dentry)
{
	return guarded_exhausted(t, event, GUARDED(dentry));
}

/* Notes the name that the task is about to create: the next file with this name is its own creation. */
INLINE int entry_creates(struct tsem_task *t, struct dentry *dentry, int verdict)
{
	t->creating = verdict ? 0 : (__u64)dentry;
	t->creating_name = dentry->d_name.hash_len;
	return VERDICT(verdict);
}

/*
 * open(2) with O_CREAT asks whether it may create before it has looked whether
 * there is anything to create, unless the name is in the kernel's cache. An
 * event that depended on the cache would be worth nothing. With "the name is
 * stale" the kernel looks it up, opens what it finds, and when it finds nothing
 * it tries the whole open once more, where it is known that nothing was there.
 * A file system in memory has nothing that is not in the cache.
 */
INLINE bool creation_uncertain(const struct dentry *dentry)
{
	__u32 looked_up = DCACHE_PAR_LOOKUP;

	if (READ_ONLY(struct dentry, dentry)->d_sb->s_magic == TMPFS_MAGIC)
		return 0;
	if (bpf_core_enum_value_exists(enum dentry_flags___named, DCACHE_PAR_LOOKUP___named))
		looked_up = bpf_core_enum_value(enum dentry_flags___named, DCACHE_PAR_LOOKUP___named);
	return READ_ONLY(struct dentry, dentry)->d_flags & looked_up;
}

/* The second try. One that another "stale" has led here is taken for it: what it asks for is to be made. */
INLINE bool creation_retried(void)
{
	struct nameidata *name = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;

	return !name || READ_ONLY(struct nameidata, name)->flags & LOOKUP_REVAL;
}

/* The hook may not sleep: what is to be asked is asked in the next one, external_create. */
INLINE int creation_end(struct tsem_event *e, struct tsem_task *t)
{
	__u64 number;
	int verdict;

	if (!(t->options & (TSEM_OPTION_EXTERNAL | TSEM_OPTION_ASK)))
		return event_end(e, t);
	verdict = event_decide_sleepable(e, t);
	number = e->record.number;
	event_release(e);
	if (verdict != TSEM_ASK)
		return verdict;
	t->creation_asked = number;
	return 0;
}

/* Files, and devices, pipes and sockets. The number is as mknod(2) got it. */
SEC("lsm/path_mknod")
int BPF_PROG(inode_create, const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev)
{
	bool regular = !(mode & S_IFMT) || (mode & S_IFMT) == S_IFREG;
	struct tsem_task *t = task_modeled();
	struct tsem_event *e;

	if (!t)
		return 0;
	t->creation_asked = 0;
	t->creating = 0;
	if (regular && creation_uncertain(dentry) && !creation_retried()) {
		look_comes(t, 0);
		return VERDICT_AS(1, -ESTALE);
	}
	t->creating_nameless = (mode & S_IFMT) == S_IFSOCK ? CREATING_SOCKET : 0;
	e = entry_begin(t, TSEM_EVENT_inode_create, dir, dentry, !regular || creation_exclusive() ? t : 0);
	if (!e)
		return entry_exhausted(t, TSEM_EVENT_inode_create, dentry);
	cell_u16(e, mode);
	if (regular)
		return entry_creates(t, dentry, creation_end(e, t));
	/* Devices, pipes and sockets. The number is as mknod(2) got it. */
	e->record.event = TSEM_EVENT_inode_mknod;
	cell_u32(e, (dev & 0xfff00) >> 8);
	cell_u32(e, (dev & 0xff) | ((dev >> 12) & 0xfff00));
	return entry_creates(t, dentry, event_end(e, t));
}

/* Attached when the first namespace with an agent is made: see lib/kernel/kernel.c. */
SEC("lsm.s/inode_create")
int BPF_PROG(external_create, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct tsem_task *t = task_modeled();
	__u64 number;

	if (!t || !t->creation_asked || t->creating != (__u64)dentry)
		return 0;
	number = t->creation_asked;
	t->creation_asked = 0;
	return entry_creates(t, dentry, tsem_ask(t, number));
}

SEC("lsm.s/path_mkdir")
int BPF_PROG(inode_mkdir, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	struct tsem_task *t = task_modeled_sleepable();
	struct tsem_event *e;

	if (!t)
		return 0;
	e = entry_begin(t, TSEM_EVENT_inode_mkdir, dir, dentry, t);
	if (!e)
		return entry_exhausted(t, TSEM_EVENT_inode_mkdir, dentry);
	cell_u16(e, mode);
	return entry_creates(t, dentry, event_end_sleepable(e, t));
}

/* What the link is to lead to, as it was typed. What is reached through it is another event. */
INLINE void cell_target(struct tsem_event *e, const char *target)
{
	long n = bpf_probe_read_kernel_str(cell_tail(e) + 4, TSEM_PATH_MAX + 1, target);
	__u32 length = (n - 1) & TSEM_PATH_MAX;

	if (n < 1)
		event_fail(e, TSEM_FAILURE_field);
	else if (n == TSEM_PATH_MAX + 1)
		event_fail(e, TSEM_FAILURE_path);
	if (e->options & (TSEM_OPTION_NAMES | TSEM_NORMALISE_temporary)) {
		length = typed_literal(e, length) & TSEM_PATH_MAX;
		length = typed_normalise(e, length) & TSEM_PATH_MAX;
	}
	cell_u32(e, length);
	cell_advance(e, length);
}

SEC("lsm.s/path_symlink")
int BPF_PROG(inode_symlink, const struct path *dir, struct dentry *dentry, const char *old_name)
{
	struct tsem_task *t = task_modeled_sleepable();
	struct tsem_event *e;

	if (!t)
		return 0;
	e = entry_begin(t, TSEM_EVENT_inode_symlink, dir, dentry, t);
	if (!e)
		return entry_exhausted(t, TSEM_EVENT_inode_symlink, dentry);
	cell_target(e, old_name);
	return entry_creates(t, dentry, event_end_rare(e, t, 1));
}

TSEM_HOOK_GUARDED("lsm.s/path_unlink", inode_unlink, GUARDED(dentry), const struct path *dir, struct dentry *dentry)
{
	cell_inode(e, dir->dentry->d_inode, portable);
	cell_dentry(e, dir, dentry, 0, portable);
}

SEC("lsm.s/path_rmdir")
int BPF_PROG(inode_rmdir, const struct path *dir, struct dentry *dentry)
{
	struct tsem_task *t = task_modeled_sleepable();
	struct tsem_event *e;

	if (!t)
		return 0;
	e = entry_begin(t, TSEM_EVENT_inode_rmdir, dir, dentry, 0);
	if (!e)
		return entry_exhausted(t, TSEM_EVENT_inode_rmdir, dentry);
	return VERDICT(event_end_rare(e, t, 1));
}

/* The file gets a name that the event describes: from now on it counts as named, even if the event is refused. */
INLINE void entry_named(struct tsem_task *t, struct dentry *dentry)
{
	struct tsem_created *tag = entry_tag(dentry, t->context);

	if (tag)
		tag->nameless = 0;
}

TSEM_HOOK_GUARDED("lsm.s/path_rename", inode_rename, GUARDED(old_dentry) || GUARDED(new_dentry),
		  const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,
		  struct dentry *new_dentry, unsigned int flags)
{
	cell_inode(e, old_dir->dentry->d_inode, portable);
	cell_dentry(e, old_dir, old_dentry, 0, portable);
	cell_inode(e, new_dir->dentry->d_inode, portable);
	cell_dentry(e, new_dir, new_dentry, 0, portable);
	cell_u32(e, flags);
	entry_named(t, old_dentry);
	entry_named(t, new_dentry);
}

/* A file with another name has no verdict kept, by whomever it was given. Asked before the name is there. */
SEC("lsm/inode_link")
int BPF_PROG(verdict_link, struct dentry *old_dentry)
{
	struct tsem_verdicts *kept;

	kept = bpf_inode_storage_get(&tsem_verdicts, old_dentry->d_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (kept)
		kept->linked = 1;
	else
		__sync_fetch_and_or(&tsem_roots, ROOTS_UNKNOWN); /* no memory to note it with */
	return 0;
}

/*
 * Credentials of overlay file systems are noted before a workload touches one:
 * of new ones when they are made, of those that are there when the programs are
 * loaded by a question about each mount (statmount), which asks no file system
 * and for which the second program is attached.
 */
SEC("lsm/sb_set_mnt_opts")
int BPF_PROG(overlay_comes, struct super_block *sb)
{
	if (READ_ONLY(struct super_block, sb)->s_magic == OVERLAYFS_SUPER_MAGIC)
		overlay_note(address_of(sb));
	return 0;
}

SEC("lsm/sb_statfs")
int BPF_PROG(overlay_seen, struct dentry *dentry)
{
	struct super_block *sb = READ_ONLY(struct dentry, dentry)->d_sb;

	if (sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		overlay_note(address_of(sb));
	return 0;
}

/* An overlay file system goes: its credentials are nobody's from now on. */
SEC("lsm/sb_delete")
int BPF_PROG(overlay_gone, struct super_block *object)
{
	struct super_block *sb = READ_ONLY(struct super_block, object);
	__u64 cred;

	if (sb->s_magic != OVERLAYFS_SUPER_MAGIC)
		return 0;
	cred = overlay_creds(sb);
	bpf_map_delete_elem(&tsem_overlays, &cred);
	return 0;
}

/* Old and new name lie on one mount, or the kernel would not have come so far. */
SEC("lsm.s/path_link")
int BPF_PROG(inode_link, struct dentry *old_dentry, const struct path *new_dir, struct dentry *new_dentry)
{
	struct tsem_task *t = task_modeled_sleepable();
	struct tsem_event *e;
	bool portable, guarded;

	if (!t)
		return 0;
	t->creating = 0; /* of a call that came to nothing */
	guarded = GUARDED(old_dentry) || GUARDED(new_dentry);
	e = event_begin(t, TSEM_EVENT_inode_link);
	if (!e)
		return guarded_exhausted(t, TSEM_EVENT_inode_link, guarded);
	e->forbidden = guarded;
	portable = task_portable(t);
	cell_dentry_walked(e, old_dentry, real_mount(new_dir->mnt), portable);
	cell_inode(e, new_dir->dentry->d_inode, portable);
	/* Another name of somebody else's file is one that counts. */
	cell_dentry(e, new_dir, new_dentry, entry_tag(old_dentry, t->context) ? t : 0, portable);
	return VERDICT(event_end_sleepable(e, t));
}

/* Gives a file that the task has just made its owner and instance. What a search for the name finds was there before. */
SEC("lsm/d_instantiate")
int BPF_PROG(inode_created, struct dentry *dentry, struct inode *inode)
{
	struct tsem_task *t = task_modeled();

	if (!t || creation_uncertain(dentry) || t->creating != (__u64)dentry ||
	    t->creating_name != dentry->d_name.hash_len || !argument_given(ctx, 1) || inode->i_dentry.first)
		return 0; /* what has a name already is not new */
	t->creating = 0;
	if (created_mark(t, dentry, inode))
		namespace_failed(t, TSEM_FAILURE_instance);
	return 0;
}

/* The hook that sees the new attributes has no mount; those that have one come first and leave it here. */
INLINE void attributes_change(const struct path *path)
{
	struct tsem_task *t = task_modeled();

	if (!t)
		return;
	t->changing = (__u64)path->dentry;
	t->changing_mount = (__u64)real_mount(path->mnt);
}

SEC("lsm/path_chmod")
int BPF_PROG(attributes_chmod, const struct path *path, umode_t mode)
{
	attributes_change(path);
	return 0;
}

SEC("lsm/path_chown")
int BPF_PROG(attributes_chown, const struct path *path)
{
	attributes_change(path);
	return 0;
}

/* That a task of a namespace cuts the file is noted when it may, in inode_setattr: what is refused has no effect. */
SEC("lsm/path_truncate")
int BPF_PROG(attributes_truncate, const struct path *path)
{
	if (!task_member())
		content_cut(path->dentry->d_inode);
	content_changes(path->dentry->d_inode, 0);
	attributes_change(path);
	return 0;
}

SEC("lsm/file_truncate")
int BPF_PROG(attributes_ftruncate, struct file *file)
{
	attributes_change(&file->f_path);
	return 0;
}

/*
 * The mount that was left, if it is one of the entry's file system still, and
 * the task's own or nowhere: what was left by a call that failed may be gone.
 */
INLINE struct mount *mount_changing(struct tsem_task *t, struct dentry *dentry)
{
	struct mount *left = (struct mount *)t->changing_mount, *mount = READ_ONLY(struct mount, left);
	bool same = t->changing == (__u64)dentry;

	t->changing = 0;
	if (same && mount->mnt.mnt_sb == dentry->d_sb &&
	    (!mount->mnt_ns || (__u64)mount->mnt_ns == own_mounts() || mount_internal(mount)))
		return left;
	return mount_find(dentry);
}

/* Nobody makes a file long while it is read for its digest: that could not be ended. */
INLINE bool size_waits(struct inode *inode, const struct iattr *attr)
{
	return attr->ia_valid & ATTR_SIZE && attr->ia_size > TSEM_CONTENT_SMALL && content_busy(inode);
}

/* Through an overlay the file in the layer is cut, whoever does it. */
INLINE void layer_cut(struct inode *inode, __u32 valid)
{
	if (inode && valid & ATTR_SIZE && task_overlaid())
		content_cut(inode);
}

/* Its length may change: noted before it does. */
INLINE int setattr_end(int verdict, struct inode *inode, __u32 valid)
{
	if (!verdict && valid & ATTR_SIZE)
		content_cut(inode);
	return VERDICT(verdict);
}

SEC("lsm.s/inode_setattr")
int BPF_PROG(inode_setattr, struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode; /* newer verifiers want to see it asked for */
	struct tsem_task *t = task_member();
	__u32 valid = attr->ia_valid;
	struct mount *mount;
	struct tsem_event *e;
	bool runs;

	layer_cut(inode, valid);
	if (!t)
		return 0;
	if (!inode)
		return VERDICT(1);
	if (size_waits(inode, attr))
		return VERDICT_AS(1, -ETXTBSY);
	if (task_overlaid()) {
		if (valid & ATTR_SIZE && !t->changes_running && task_refuses(t) && content_running_itself(inode))
			return VERDICT_AS(1, -ETXTBSY);
		return VERDICT(entry_refuse(dentry));
	}
	runs = valid & ATTR_SIZE && content_running(inode);
	t->changes_running = runs;
	if (runs)
		valid |= TSEM_FLAG_RUNNING;
	export_wait(t);
	mount = mount_changing(t, dentry);
	e = event_begin(t, TSEM_EVENT_inode_setattr);
	if (!e)
		return setattr_end(entry_exhausted(t, TSEM_EVENT_inode_setattr, dentry), inode, valid);
	e->forbidden = GUARDED(dentry);
	cell_dentry_walked(e, dentry, mount, task_portable(t));
	cell_u32(e, valid);
	cell_u16(e, valid & ATTR_MODE ? attr->ia_mode : 0);
	cell_u32(e, valid & ATTR_UID ? uid_of(e->options, attr->ia_uid) : 0);
	cell_u32(e, valid & ATTR_GID ? gid_of(e->options, attr->ia_gid) : 0);
	cell_u64(e, valid & ATTR_SIZE ? size_normalise(e, attr->ia_size) : 0);
	return setattr_end(event_end_sleepable(e, t), inode, valid);
}
