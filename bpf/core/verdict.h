/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Verdicts beside the files that they were made on, so that a file that is
 * opened or mapped again in the same way is not described again. Only "in the
 * model" is kept. An entry holds all that the description was made from:
 *
 *	who the task is, and the flags and the mode of access
 *	the file's owner and mode, from the CELL
 *	its content, by the version of the digest
 *	its name: the entry and the mount, the root directory of the task, and
 *	the kernel's own counters of renames and of changes to mounts
 *
 * What these counters do not see is not kept: files with more than one link, or
 * that got one since; names that have been removed; file systems that change by
 * themselves, which are those that the kernel asks before it believes a name;
 * mounts that are not the task's; names that say something of the task itself.
 * An entry may be written by one task only; who finds it half written, or
 * loses the race to write, goes the long way.
 */
#ifndef TSEM_BPF_VERDICT_H
#define TSEM_BPF_VERDICT_H

#include "content.h"
#include "describe.h"
#include "event.h"
#include "kernel.h"
#include "renamed.h"
#include "sequence.h"
#include "task.h"
#include "who.h"

#define VERDICT_SLOTS 8
#define DCACHE_OP_REVALIDATE 0x4
#define ROOTS_UNKNOWN (1ULL << 63)

struct tsem_verdict {
	__u64 version; /* odd while it is written */
	__u64 who;
	__u64 use; /* event and flags of the open file */
	__u64 access; /* of a mapping: protection and flags */
	__u64 dentry;
	__u64 mnt;
	__u64 mounts; /* the mount namespace that the mount is in, and stays in while there are no changes */
	__u64 root_dentry;
	__u64 root_mnt;
	__u64 changes;
	__u64 roots;
	__u64 owner;
	__u64 mode;
	__u64 content;
};

struct tsem_verdicts {
	__u64 linked; /* 1: the file got another name: nothing is kept any more */
	struct tsem_verdict slots[VERDICT_SLOTS];
};
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_verdicts);
} tsem_verdicts SEC(".maps");

/* Counts what may change root directories; with ROOTS_UNKNOWN nothing is kept any more. */
volatile __u64 tsem_roots;

/* Of the kernel: written to around every change of a mount; of a name: renamed.h. */
extern const void mount_lock __ksym __weak;

/* 0 where the counters cannot be found. Odd numbers: a change is going on. */
INLINE __u64 names_changes(void)
{
	if (!&rename_lock || !&mount_lock)
		return 0;
	return (__u64)READ_ONLY(struct seqcount, &rename_lock)->sequence << 32 |
	       READ_ONLY(struct seqcount, &mount_lock)->sequence;
}
#define CHANGES_GOING_ON 0x100000001ULL

/* Whether the task's events may be answered from what was kept. */
INLINE struct tsem_namespace *verdict_namespace(const struct tsem_task *t)
{
	struct tsem_namespace *ns = namespace_of(t);

	if (!ns || (ns->mode != TSEM_MODE_SEALED && ns->mode != TSEM_MODE_ENFORCING))
		return 0;
	/* Of external namespaces the orchestrator says at each event whether they were stopped. */
	if (t->flags || t->options & TSEM_OPTION_EXTERNAL || t->marks != ns->marks + 1)
		return 0;
	return ns;
}

/* The mount namespace that the task sees, and the one that its paths are relative to. */
INLINE __u64 own_view(const struct tsem_task *t)
{
	return address_of((void *)own_mounts()) ^ __builtin_bswap64(t->home);
}

INLINE __u32 verdict_slot(__u64 who, __u64 use, __u64 access)
{
	return (who + use + access) * 0x9e3779b97f4a7c15ULL >> 61; /* eight, spread by the golden ratio */
}

INLINE __u64 file_use(__u32 event, const struct file *file)
{
	return (__u64)event << 32 | (file->f_flags & FILE_FLAGS);
}

/* True: the event is in the model, and has been counted. content: 0 where the event has none. */
INLINE bool verdict_known(struct tsem_task *t, struct file *file, __u64 use, __u64 access, __u64 content)
{
	struct path *root = &own_task()->fs->root;
	struct tsem_namespace *ns = verdict_namespace(t);
	struct inode *inode = file->f_inode;
	volatile struct tsem_verdict *v;
	struct tsem_verdicts *kept;
	__u64 version;

	if (!ns || !who_holds(t))
		return 0;
	kept = bpf_inode_storage_get(&tsem_verdicts, inode, 0, 0);
	if (!kept || kept->linked)
		return 0;
	v = &kept->slots[verdict_slot(t->who, use, access)];
	version = sequence_read(&v->version);
	if (v->who != t->who || v->use != use || v->access != access || v->content != content)
		return 0;
	if (v->dentry != (__u64)file->f_path.dentry || v->mnt != (__u64)file->f_path.mnt)
		return 0;
	if (v->owner != ((__u64)inode->i_gid.val << 32 | inode->i_uid.val) || v->mode != inode->i_mode)
		return 0;
	if (v->root_dentry != (__u64)root->dentry || v->root_mnt != (__u64)root->mnt || v->roots != tsem_roots)
		return 0;
	if (v->mounts != own_view(t) || !READ_ONLY(struct dentry, file->f_path.dentry)->d_hash.pprev)
		return 0;
	if (v->changes != names_changes() || !sequence_same(&v->version, version))
		return 0;
	__sync_fetch_and_add(&ns->events, 1);
	return 1;
}

/* Before the event is described: what must be the same afterwards. */
INLINE void verdict_note(struct tsem_event *e, __u64 use, __u64 access, __u64 content)
{
	struct path *root = &own_task()->fs->root;

	e->kept.use = use;
	e->kept.access = access;
	e->kept.content = content;
	e->kept.roots = tsem_roots;
	e->kept.root_dentry = (__u64)root->dentry;
	e->kept.root_mnt = (__u64)root->mnt;
	e->kept.changes = names_changes();
	read_barrier(); /* all that is described is read later */
}

/* Whether the name that was described is the only one, and all that it hangs on has stayed. */
INLINE bool verdict_stands(const struct tsem_event *e, const struct dentry *dentry, const struct vfsmount *mnt)
{
	struct path *root = &own_task()->fs->root;
	const struct inode *inode = dentry->d_inode;

	read_barrier(); /* all that was described has been read before */
	if (dentry->d_flags & DCACHE_OP_REVALIDATE || !dentry->d_hash.pprev || !mount_own(mnt))
		return 0;
	if ((inode->i_mode & S_IFMT) != S_IFDIR && inode->i_nlink != 1)
		return 0;
	if (!e->kept.changes || e->kept.changes & CHANGES_GOING_ON || e->kept.roots & ROOTS_UNKNOWN)
		return 0;
	return e->kept.root_dentry == (__u64)root->dentry && e->kept.root_mnt == (__u64)root->mnt &&
	       e->kept.roots == tsem_roots && e->kept.changes == names_changes();
}

/* Keeps the verdict on an event that was just found in the model. */
__attribute__((noinline)) int verdict_write(struct tsem_verdicts *kept, const struct tsem_event *e, struct tsem_task *t,
					    __u64 dentry, __u64 mnt)
{
	const __u32 *inode;
	struct tsem_verdict *v;

	if (!kept || !e || !t || kept->linked || e->own || !verdict_namespace(t) || e->who != t->who)
		return 0;
	if (t->options & TSEM_OPTION_IDS_CURRENT ||
	    !verdict_stands(e, READ_ONLY(struct dentry, (void *)dentry), (void *)mnt))
		return 0;
	v = &kept->slots[verdict_slot(t->who, e->kept.use, e->kept.access)];
	if (!sequence_write(&v->version))
		return 0;
	/* As described, whatever the file has by now. */
	inode = (const __u32 *)(e->cell + (e->record.event == TSEM_EVENT_mmap_file ? 5 : 4));
	v->owner = (__u64)inode[1] << 32 | inode[0];
	v->mode = *(const __u16 *)(inode + 2);
	v->who = e->who;
	v->use = e->kept.use;
	v->access = e->kept.access;
	v->content = e->kept.content;
	v->dentry = dentry;
	v->mnt = mnt;
	v->mounts = own_view(t);
	v->root_dentry = e->kept.root_dentry;
	v->root_mnt = e->kept.root_mnt;
	v->roots = e->kept.roots;
	v->changes = e->kept.changes;
	sequence_written(&v->version);
	return 0;
}

/* The end of an event on a file: as event_end_sleepable, and the verdict is kept where it may be. use 0: it may not. */
INLINE int event_end_keeping(struct tsem_event *e, struct tsem_task *t, struct file *file)
{
	int verdict;

	read_barrier(); /* all that was described has been read before */
	e->again = names_again(t, file);
	verdict = event_decide_sleepable(e, t);
	if (e->trusted && e->kept.use && (!e->kept.content || content_version(file->f_inode) == e->kept.content))
		verdict_write(bpf_inode_storage_get(&tsem_verdicts, file->f_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE),
			      e, t, address_of(file->f_path.dentry), address_of(file->f_path.mnt));
	return event_close_sleepable(e, t, verdict);
}

#endif
