/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The path of a directory entry for hooks that get no struct path: from the
 * entry up to the task's root, over mount points. It is put together from its
 * end in the slack of the CELL and then copied to the tail.
 */
#ifndef TSEM_BPF_WALK_H
#define TSEM_BPF_WALK_H

#include "describe.h"
#include "kernel.h"
#include "maps.h"

#define WALK_DEPTH_MAX 2048 /* components of a path of 4095 bytes */

struct walk {
	struct tsem_event *event;
	struct dentry *dentry;
	struct mount *mount; /* NULL: not known, the path ends at the root of the file system */
	struct dentry *root_dentry;
	struct vfsmount *root_mnt;
	__u32 position; /* in the slack, of the first byte so far */
	__u32 ended;
};

/* Steps over a mount point; false when there is nothing above. */
INLINE bool walk_mount(struct walk *w)
{
	struct mount *mount = w->mount, *parent = BPF_CORE_READ(mount, mnt_parent);

	if (parent == mount)
		return 0;
	w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	w->mount = parent;
	return 1;
}

INLINE void walk_name(struct walk *w, struct dentry *dentry)
{
	__u32 length = BPF_CORE_READ(dentry, d_name.len);
	__u8 *slack = w->event->cell + TSEM_CELL_MAX;

	if (length > ENTRY_NAME_MAX || w->position < length + 1) {
		event_fail(w->event, TSEM_FAILURE_path);
		w->ended = 1;
		return;
	}
	w->position -= length + 1;
	slack += TSEM_BOUND(w->position, TSEM_PATH_MAX);
	slack[0] = '/';
	if (bpf_probe_read_kernel(slack + 1, TSEM_BOUND(length, ENTRY_NAME_MAX), BPF_CORE_READ(dentry, d_name.name)))
		event_fail(w->event, TSEM_FAILURE_field);
}

static __attribute__((noinline)) long walk_step(__u32 turn, void *context)
{
	struct walk *w = context;
	struct dentry *dentry = w->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = w->mount;
	bool named = 0;

	if (dentry == w->root_dentry && (!mount || &mount->mnt == w->root_mnt))
		w->ended = 1;
	else if (mount && dentry == BPF_CORE_READ(mount, mnt.mnt_root))
		w->ended = !walk_mount(w);
	else if (parent == dentry) {
		if (mount && !(BPF_CORE_READ(dentry, d_sb, s_flags) & SB_KERNMOUNT))
			return 1; /* outside of what is mounted of its file system: there is no way up */
		named = dentry != BPF_CORE_READ(dentry, d_sb, s_root); /* a file that never had a directory */
		w->ended = 1;
	} else {
		named = 1;
		w->dentry = parent;
	}
	if (unknown(named, (__u64)parent))
		walk_name(w, dentry);
	return w->ended ? 1 : 0;
}

INLINE void walk_deleted(struct walk *w)
{
	struct dentry *dentry = w->dentry;

	if (BPF_CORE_READ(dentry, d_hash.pprev) || dentry == BPF_CORE_READ(dentry, d_sb, s_root))
		return;
	w->position -= sizeof(TSEM_DELETED) - 1;
	__builtin_memcpy(w->event->cell + TSEM_CELL_MAX + TSEM_PATH_MAX + 1 - sizeof(TSEM_DELETED), TSEM_DELETED,
			 sizeof(TSEM_DELETED) - 1);
}

/*
 * Puts the path as string at the tail without advancing. Returns its length.
 * dentry and mount are pointers; as numbers they may be passed to a function
 * that the verifier walks once.
 */
__attribute__((noinline)) int walk_print(struct tsem_event *e, __u64 dentry, __u64 mount)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct walk w = {.event = e, .position = TSEM_PATH_MAX};
	__u32 length;

	if (!e)
		return 0;
	w.dentry = (struct dentry *)dentry;
	w.mount = (struct mount *)mount;
	w.root_dentry = task->fs->root.dentry;
	w.root_mnt = task->fs->root.mnt;
	walk_deleted(&w);
	bpf_loop(WALK_DEPTH_MAX, walk_step, &w, 0);
	if (!w.ended)
		event_fail(e, TSEM_FAILURE_path);
	if (w.position >= TSEM_PATH_MAX) { /* the root itself */
		cell_tail(e)[4] = '/';
		return 1;
	}
	length = TSEM_PATH_MAX - w.position;
	bpf_probe_read_kernel(cell_tail(e) + 4, TSEM_BOUND(length, TSEM_PATH_MAX),
			      e->cell + TSEM_CELL_MAX + TSEM_BOUND(w.position, TSEM_PATH_MAX));
	return length;
}

enum { SEARCH_DOWN, SEARCH_HERE, SEARCH_UP };

struct mount_search {
	struct dentry *entry;
	struct super_block *sb;
	struct rb_node *at;
	__u32 next;
	__u32 compared;
	struct mount *found;
};

#define ANCESTORS_MAX 64
#define COMPARED_MAX 1024 /* mounts of directories of one file system; of more the path fails */

/*
 * Whether the mount has the entry: of one directory of a file system the others
 * are elsewhere. Of one too deep to be sure it is assumed: the way up then either
 * comes by there, or has no end and fails.
 */
INLINE bool mount_has(const struct mount *mount, struct mount_search *s)
{
	const struct dentry *root = BPF_CORE_READ(mount, mnt.mnt_root);
	const struct super_block *sb = s->sb;
	struct dentry *entry = s->entry;
	struct bpf_iter_num turns;
	bool found = root == BPF_CORE_READ(sb, s_root);

	if (found)
		return 1;
	if (s->compared++ >= COMPARED_MAX)
		return 0;
	bpf_iter_num_new(&turns, 0, ANCESTORS_MAX);
	while (!found && bpf_iter_num_next(&turns)) {
		found = entry == root;
		entry = BPF_CORE_READ(entry, d_parent);
	}
	bpf_iter_num_destroy(&turns);
	return found || entry != BPF_CORE_READ(entry, d_parent);
}

/* One step through the tree, from the left: each node is come to at most three times. */
static __attribute__((noinline)) long mount_step(__u32 turn, void *context)
{
	struct mount_search *s = context;
	struct rb_node *at = s->at, *left, *right, *above;
	struct mount *mount = (void *)at - bpf_core_field_offset(struct mount, mnt_node);

	if (s->next == SEARCH_DOWN) {
		left = BPF_CORE_READ(at, rb_left);
		s->at = left ?: at;
		s->next = unknown(left ? SEARCH_DOWN : SEARCH_HERE, (__u64)left);
		return 0;
	}
	if (s->next == SEARCH_HERE) {
		right = BPF_CORE_READ(at, rb_right);
		s->found = BPF_CORE_READ(mount, mnt.mnt_sb) == s->sb && mount_has(mount, s) ? mount : 0;
		s->at = right ?: at;
		s->next = unknown(right ? SEARCH_DOWN : SEARCH_UP, (__u64)right);
		return !!s->found;
	}
	above = (void *)(BPF_CORE_READ(at, __rb_parent_color) & ~3UL);
	if (!above)
		return 1;
	s->next = unknown(BPF_CORE_READ(above, rb_left) == at ? SEARCH_HERE : SEARCH_UP, (__u64)above);
	s->at = above;
	return 0;
}

#define MOUNTS_MAX 16384

/*
 * The first mount that has the entry in the task's mount namespace, or NULL. Only
 * its own mounts are gone through: what others mount changes and delays nothing.
 */
INLINE struct mount *mount_find(struct dentry *entry)
{
	struct mnt_namespace *ns = (void *)own_mounts();
	struct mount_search s = {.entry = entry, .sb = READ_ONLY(struct dentry, entry)->d_sb};

	s.at = BPF_CORE_READ(ns, mounts.rb_node);
	if (s.at)
		bpf_loop(3 * MOUNTS_MAX, mount_step, &s, 0);
	return s.found;
}

/* The mount by which somebody else has come to the entry, where the task has that too; else its own; else that. */
INLINE struct mount *mount_shared(struct dentry *entry, struct vfsmount *mnt)
{
	if (mount_own(mnt))
		return real_mount(mnt);
	return mount_find(entry) ?: real_mount(mnt);
}

/* As cell_path, without what deserves the verifier's trust; trusted: the entry once more, or NULL. */
INLINE void cell_path_walked(struct tsem_event *e, struct dentry *dentry, struct mount *mount,
			     const struct tsem_created *tag, struct dentry *trusted, bool portable)
{
	__u64 magic = READ_ONLY(struct dentry, dentry)->d_sb->s_magic, printed;
	__u32 length;

	cell_path_head(e, dentry, mount, (struct path_place){.entry = tag ? trusted : 0, .above = 1}, portable);
	cell_u8(e, tag ? TSEM_PATH_CREATED : TSEM_PATH_PLAIN);
	if (unknown(portable, e->options) && (path_print_nameless(e, magic) || segment_print(e, dentry)))
		return;
	if (dentry_nameless(READ_ONLY(struct dentry, dentry)))
		event_fail(e, TSEM_FAILURE_path);
	printed = address_of(tag ? dentry->d_parent : dentry);
	length = walk_print(e, printed, address_of(mount)) & TSEM_PATH_MAX;
	length = path_unnumber(e, (const struct dentry *)printed, length);
	path_close(e, (const void *)printed, length);
	if (tag)
		cell_created(e, tag);
}

INLINE void cell_file_walked(struct tsem_event *e, struct file *file, const __u8 *digest, bool portable)
{
	cell_u32(e, file->f_flags & FILE_FLAGS);
	cell_inode(e, file->f_inode, portable);
	cell_path_walked(e, file->f_path.dentry, real_mount(file->f_path.mnt),
			 created_tag(file->f_inode, e->record.context), 0, portable);
	cell_digest(e, digest);
}

/* As cell_dentry, for an entry whose mount is known or not; tag NULL: by its name, whoever made it. */
INLINE void cell_walked(struct tsem_event *e, struct dentry *dentry, struct mount *mount,
			const struct tsem_created *tag, bool portable)
{
	bool positive = dentry_positive(dentry);

	cell_u8(e, positive);
	if (positive)
		cell_inode(e, dentry->d_inode, portable);
	cell_path_walked(e, dentry, mount, tag, dentry, portable);
}

INLINE void cell_dentry_walked(struct tsem_event *e, struct dentry *dentry, struct mount *mount, bool portable)
{
	cell_walked(e, dentry, mount, entry_tag(dentry, e->record.context), portable);
}

#endif
