/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What guards and is no event. Other file systems work on top of the one with
 * our files: overlay, ecryptfs, and whatever comes. They make and remove names
 * below without passing the hooks on paths, and with credentials of their own.
 * What they pass are the hooks on inodes, each with the very entry that is
 * changed. The device is compared first, so that nobody else pays for more.
 * Opening is looked at below in file_open.
 */
#include "core/event.h"
#include "core/guard.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/renamed.h"
#include "core/task.h"

#define GUARD_ENTRY(section, hook, ...) \
	SEC(section) \
	int BPF_PROG(guard_##hook, __VA_ARGS__) \
	{ \
		return VERDICT(entry_refuse(dentry)); \
	}

GUARD_ENTRY("lsm/inode_create", inode_create, struct inode *dir, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_mkdir", inode_mkdir, struct inode *dir, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_mknod", inode_mknod, struct inode *dir, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_symlink", inode_symlink, struct inode *dir, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_unlink", inode_unlink, struct inode *dir, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_rmdir", inode_rmdir, struct inode *dir, struct dentry *dentry)

GUARD_ENTRY("lsm/inode_setxattr", inode_setxattr, struct mnt_idmap *idmap, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_removexattr", inode_removexattr, struct mnt_idmap *idmap, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_set_acl", inode_set_acl, struct mnt_idmap *idmap, struct dentry *dentry)
GUARD_ENTRY("lsm/inode_remove_acl", inode_remove_acl, struct mnt_idmap *idmap, struct dentry *dentry)

SEC("lsm/inode_link")
int BPF_PROG(guard_inode_link, struct dentry *old_dentry, struct inode *dir, struct dentry *new_dentry)
{
	return VERDICT(entry_refuse(old_dentry) || entry_refuse(new_dentry));
}

SEC("lsm/inode_rename")
int BPF_PROG(guard_inode_rename, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
	     struct dentry *new_dentry)
{
	struct tsem_task *t = task_inside();

	if (t) /* also what an overlay does in its layers on its behalf, which is no event */
		renamed_note(t->slot);
	return VERDICT(entry_refuse(old_dentry) || entry_refuse(new_dentry));
}

/*
 * A tracer comes along when a task that it traces forks and executes, and nobody
 * is asked again. So who is traced from inside a namespace gets no map of ours,
 * without which nobody can orchestrate or control one.
 */
INLINE bool traced_from_inside(void)
{
	struct task_struct *tracer, *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	bool inside;

	if (!task->ptrace)
		return 0;
	tracer = bpf_task_from_pid(task->parent->pid);
	if (!tracer)
		return 1;
	inside = task_context(bpf_task_storage_get(&tsem_tasks, tracer, 0, 0));
	bpf_task_release(tracer);
	return inside;
}

SEC("lsm/bpf_map")
int BPF_PROG(guard_traced, struct bpf_map *map, unsigned int mode)
{
	return VERDICT(!task_inside() && map_guarded(map) && traced_from_inside());
}

/*
 * A descriptor of a link that was taken by its pin: there is no hook that could
 * refuse it, nor any before it that knows what it is for. Who takes one of ours
 * does not live to have it.
 */
SEC("fentry/bpf_link_new_fd")
int BPF_PROG(guard_link, struct bpf_link *link)
{
	struct tsem_task *t = task_inside();

	if (t && object_guarded(TSEM_OBJECT_LINK, READ_ONLY(struct bpf_link, link)->id)) {
		guard_refuse(t);
		bpf_send_signal(SIGKILL);
	}
	return 0;
}

/*
 * Who answers for waiting tasks has its executable on the file system through which they ask. Whoever has a path to that
 * file can ask as they do, and takes their places. It is mounted nowhere: each path begins in a directory of the process
 * in /proc (exe, map_files, fd of who makes it), and the kernel asks here first. Nobody needs one, outside neither. To
 * trace it is guarded elsewhere.
 */
SEC("lsm/ptrace_access_check")
int BPF_PROG(guard_companion, struct task_struct *child, unsigned int mode)
{
	const struct super_block *sb = READ_ONLY(struct task_struct, child)->mm->exe_file->f_inode->i_sb;

	if (mode & PTRACE_MODE_ATTACH)
		return 0;
	return VERDICT(is_rendezvous(sb) || process_flags(child) & TSEM_TASK_HIDDEN);
}

/* The one way there without a path: ustat(2) takes the number of the device, of anybody. */
SEC("lsm/sb_statfs")
int BPF_PROG(guard_statfs, struct dentry *dentry)
{
	return VERDICT(is_rendezvous(READ_ONLY(struct dentry, dentry)->d_sb));
}

/* Moving its memory slows down who is out of reach. Limits and priorities are events: task.bpf.c. */
SEC("lsm/task_movememory")
int BPF_PROG(guard_movememory, struct task_struct *p)
{
	struct tsem_task *t = task_inside();

	return VERDICT(t && task_guarded(p, t) ? guard_refuse(t) : 0);
}

/*
 * Signals by descriptors: when one comes, who has asked for it is not there any
 * more, so that is noted when it is asked for. Who asks outside every namespace
 * is forgotten, so that a note is never somebody else's.
 */
SEC("lsm/file_set_fowner")
int BPF_PROG(guard_owner, struct file *file)
{
	__u64 key = (__u64)READ_ONLY(struct file, file)->f_owner;
	struct tsem_owner_set set = {};
	struct tsem_task *t = task_inside();

	if (!t) {
		bpf_map_delete_elem(&tsem_owners, &key);
		return 0;
	}
	set.context = t->context;
	set.slot = t->slot;
	bpf_map_update_elem(&tsem_owners, &key, &set, BPF_ANY);
	return 0;
}

/* They stay in the namespace of who has asked for them; and no orchestrator gets one, whoever has. */
SEC("lsm/file_send_sigiotask")
int BPF_PROG(guard_sigio, struct task_struct *target, struct fown_struct *owner)
{
	__u64 key = address_of(owner), theirs = task_context(bpf_task_storage_get(&tsem_tasks, target, 0, 0));
	struct tsem_owner_set *set = bpf_map_lookup_elem(&tsem_owners, &key);

	if (!set)
		return VERDICT(!theirs && process_flags(target) & TSEM_TASK_GUARDED);
	if (set->context == theirs)
		return 0;
	return VERDICT(guard_count(namespace_at(set->slot, set->context)));
}
