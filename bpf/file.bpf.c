/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events on open files: open, map, receive. */
#include "core/binding.h"
#include "core/content.h"
#include "core/created.h"
#include "core/describe.h"
#include "core/event.h"
#include "core/export.h"
#include "core/found.h"
#include "core/guard.h"
#include "core/hook.h"
#include "core/kernel.h"
#include "core/layers.h"
#include "core/maps.h"
#include "core/renamed.h"
#include "core/task.h"
#include "core/verdict.h"
#include "core/walk.h"

/*
 * Whether the file's content is part of the event. Then ret_version is that of
 * its digest, or 0 when that is not known and the event must be described.
 */
INLINE bool content_wanted(const struct tsem_task *t, struct inode *inode, bool runs, __u64 *ret_version)
{
	bool wanted = runs || t->options & TSEM_OPTION_DIGEST_ALL;

	*ret_version = wanted ? content_version(inode) : 0;
	return wanted;
}

/* What an overlay file system opens in a layer for a file of it. FUSE opens what its server says, which is an event. */
INLINE bool file_backing(const struct file *file)
{
	return file->f_mode & FMODE_NOACCOUNT && file->f_mode & FMODE_BACKING &&
	       BPF_CORE_READ((const struct backing_file *)file, user_path.mnt, mnt_sb, s_magic) ==
		       OVERLAYFS_SUPER_MAGIC;
}

/* What an opening is of. */
struct opening {
	bool overlaid; /* for an overlay file system, which repeats what somebody else does */
	bool layered; /* of a file in a layer, by the overlay file system: for somebody, or in its own name */
	__u64 overlay; /* the device of the file system that it is opened for, which is stacked on the file's own; 0: for itself */
};

INLINE struct opening opening_of(const struct file *file)
{
	struct opening o = {.overlaid = task_overlaid()};

	o.layered = o.overlaid;
	if (!file_backing(file))
		return o;
	o.layered = 1;
	o.overlay = BPF_CORE_READ((const struct backing_file *)file, user_path.mnt, mnt_sb, s_dev);
	return o;
}

/* A descriptor of a process only says which one is meant. */
INLINE bool file_only_names(const struct file *file)
{
	return READ_ONLY(struct file, file)->f_inode->i_sb->s_magic == PID_FS_MAGIC;
}

/* Made by this opening: under a name, or without one. */
INLINE bool file_made(const struct file *file)
{
	return file->f_mode & FMODE_CREATED || (file->f_flags & O_TMPFILE_BIT && !file->f_inode->i_nlink);
}

/* Drivers of terminals, by the numbers that they have on every machine: of pseudo terminals the slaves. */
INLINE bool device_terminal(__u32 device)
{
	__u32 number = device >> 20;

	return number == 3 || (number == 4 && device & 0xfffff) || (number >= 136 && number <= 143) || number == 166 ||
	       number == 188 || number == 204 || number == 229;
}

/* A session's leader that has no terminal gets one by opening it. */
INLINE bool terminal_taken(const struct file *file)
{
	const struct signal_struct *signal = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->signal;

	return !(file->f_flags & O_NOCTTY_BIT) && signal->leader && !signal->tty &&
	       device_terminal(file->f_inode->i_rdev);
}

struct descriptors {
	struct file **files;
	const struct inode *wanted;
	bool found;
};

/*
 * Another thread may close it meanwhile: it counts if it is there still when it has been looked at. What was opened by
 * O_PATH only names the file, and nobody was asked.
 */
static __attribute__((noinline)) long descriptor_step(__u32 turn, void *context)
{
	struct descriptors *d = context;
	struct file *file = 0, *still = 0;

	bpf_probe_read_kernel(&file, sizeof(file), d->files + turn);
	if (!file || BPF_CORE_READ(file, f_inode) != d->wanted || BPF_CORE_READ(file, f_mode) & FMODE_PATH)
		return 0;
	bpf_probe_read_kernel(&still, sizeof(still), d->files + turn);
	d->found = still == file;
	return d->found;
}

#define DESCRIPTORS_MAX 4096

/*
 * What has no name is opened by way of a descriptor of it, in a /proc: one of
 * the task's own, which it has as long as it opens it, or of another process.
 */
INLINE bool descriptor_others(const struct inode *inode)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct descriptors d = {.wanted = inode};
	const struct fdtable *table;
	__u32 count;

	bpf_rcu_read_lock(); /* a table that another thread outgrows stays until then */
	table = READ_ONLY(struct fdtable, task->files->fdt);
	d.files = table->fd;
	count = table->max_fds;
	bpf_loop(count < DESCRIPTORS_MAX ? count : DESCRIPTORS_MAX, descriptor_step, &d, 0);
	bpf_rcu_read_unlock();
	return !d.found;
}

INLINE bool memory_nameless(const struct inode *inode)
{
	const struct super_block *sb = inode->i_sb;

	return sb->s_flags & SB_KERNMOUNT && (sb->s_magic == TMPFS_MAGIC || sb->s_magic == HUGETLBFS_MAGIC);
}

/*
 * What the flags that only the call is told by do to others, in the open of a
 * driver or file system itself: a block device is claimed, a terminal acquired,
 * a file is emptied before the kernel asks about that. And whose it is, where no
 * name tells.
 */
INLINE __u32 flags_done(const struct file *file)
{
	const struct inode *inode = READ_ONLY(struct inode, file->f_inode);
	__u32 type = inode->i_mode & S_IFMT, others = 0;

	if (type == S_IFIFO ? inode->i_sb->s_magic == PIPEFS_MAGIC : type == S_IFREG && memory_nameless(inode))
		others = descriptor_others(inode) ? TSEM_FLAG_OTHERS : 0;
	if (type == S_IFREG)
		return others | (file_made(file) ? 0 : file->f_flags & O_TRUNC_BIT);
	if (others)
		return others;
	if (type == S_IFBLK)
		return file->f_flags & O_EXCL_BIT;
	return type == S_IFCHR && terminal_taken(file) ? TSEM_FLAG_TERMINAL : 0;
}

/* Of an opening for writing. */
INLINE __u32 file_flags(const struct file *file)
{
	__u32 flags = file->f_flags & FILE_FLAGS;

	return content_running(file->f_inode) ? flags | TSEM_FLAG_RUNNING : flags;
}

INLINE void cell_opened(struct tsem_event *e, struct file *file, __u32 flags, const __u8 *digest, bool portable)
{
	struct inode *inode = file->f_inode;

	cell_u32(e, flags);
	cell_inode(e, inode, portable);
	cell_path(e, &file->f_path, created_tag(inode, e->record.context), portable);
	cell_digest(e, digest);
}

/*
 * Whether the opening is an event later, in file_contents: not what is opened
 * otherwise than by its name, nor what has no content any more then.
 */
INLINE bool contents_follow(const struct tsem_task *t, const struct file *file)
{
	if (t->emptied == address_of(file))
		return 0;
	return t->options & TSEM_OPTION_DIGEST_ALL && (file->f_inode->i_mode & S_IFMT) == S_IFREG &&
	       READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;
}

/*
 * Whether the opening is an event later, in file_executed. The flag alone proves
 * nothing: mq_open(2) and TIOCGPTPEER hand on what the caller has given.
 */
INLINE bool exec_follows(const struct file *file)
{
	return file->f_flags & FMODE_EXEC && (file->f_inode->i_mode & S_IFMT) == S_IFREG &&
	       READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;
}

INLINE __u64 opening_use(__u32 flags)
{
	return (__u64)TSEM_EVENT_file_open << 32 | flags;
}

/*
 * What of the verdict on an opening is left where none is known. A function of its own: the verifier walks it
 * once, however it is come to.
 */
__attribute__((noinline)) int opening_decide(struct tsem_task *t, struct file *file ARGUMENT_TRUSTED, __u64 overlay,
					     __u32 flags, __u32 layered)
{
	const __u8 none[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};
	__u32 failure = 0;
	__u64 use;
	struct tsem_event *e;
	bool guarded;

	if (!t || !file)
		return -EPERM;
	use = opening_use(flags);
	if (!layered && file_made(file)) {
		use = 0; /* most of what is created is not opened in the same way again */
		if (created_mark(t, file->f_path.dentry, file->f_inode))
			failure = TSEM_FAILURE_instance;
	}
	guarded = file_guarded(file);
	if (overlay && !content_below(file->f_inode, overlay) && content_unnoted(t))
		return -EPERM;
	if ((layered && (!guarded || t->flags & TSEM_TASK_LOOSE)) || file_only_names(file))
		return 0;
	if (exec_follows(file))
		execution_note(t, file);
	if (!guarded && use && (exec_follows(file) || contents_follow(t, file)))
		return 0;
	e = event_begin(t, TSEM_EVENT_file_open);
	if (!e)
		return guarded_exhausted(t, TSEM_EVENT_file_open, guarded);
	e->forbidden = guarded;
	e->by_name = opened_by_name(file);
	e->record.failure = failure;
	verdict_note(e, use, 0, 0);
	cell_opened(e, file, flags, none, task_portable(t));
	return event_end_keeping(e, t, file);
}

/* The verdict on an opening. What is in a layer of an overlay is no event, but is guarded all the same. */
INLINE int file_opened(struct tsem_task *t, struct file *file, const struct opening *o, __u32 flags)
{
	export_wait(t);
	if (!o->layered)
		t->emptied = flags & O_TRUNC_BIT ? address_of(file) : 0;
	if (!file_made(file) && !o->overlaid && verdict_known(t, file, opening_use(flags), 0, 0))
		return 0;
	return opening_decide(t, file, o->overlay, flags, o->layered);
}

INLINE int opening_verdict(struct tsem_task *t, int verdict)
{
	if (verdict != EVENT_AGAIN)
		return VERDICT(verdict);
	look_promised(t);
	return VERDICT_AS(1, -ESTALE);
}

/* Of an opening for writing that is allowed. */
INLINE bool writing_noted(const struct file *file, const struct opening *o, const struct tsem_task *t)
{
	return (o->layered || content_written(file->f_inode, t)) &&
	       (!o->overlay || content_written_above(file->f_inode, t));
}

/*
 * Whether the file runs, which the event did not say. Of a file in a layer the
 * event was that of the overlay's file, which may not know: it runs by its own
 * name.
 */
INLINE bool runs_unsaid(const struct tsem_task *t, struct file *file, const struct opening *o, __u32 flags)
{
	if (o->layered)
		return !t->changes_running && task_refuses(t) && content_running_itself(file->f_inode);
	return !(flags & TSEM_FLAG_RUNNING) && file_flags(file) & TSEM_FLAG_RUNNING;
}

/*
 * Every opening passes here, whichever call asks for it, before the driver or
 * file system is told: a refused one has no effect. One for writing counts when
 * it is allowed. Then it is looked at again whether the file runs: whoever may
 * map it says so first and looks for writers afterwards, so one of the two sees
 * the other (content_runs).
 */
SEC("lsm.s/file_open")
int BPF_PROG(file_open, struct file *file)
{
	bool writes = file->f_mode & FMODE_WRITE;
	struct tsem_task *t = task_member();
	struct tsem_content *c = 0;
	struct opening o;
	__u32 flags;
	int refused;

	if (!t && !writes)
		return 0;
	o = opening_of(file);
	if (!t) {
		content_changes(file->f_inode, o.overlay);
		return 0;
	}
	if (!writes)
		return opening_verdict(t, file_opened(t, file, &o, (file->f_flags & FILE_FLAGS) | flags_done(file)));
	c = content_asks(file->f_inode);
	flags = unknown(file_flags(file) | flags_done(file), t->context);
	refused = file_opened(t, file, &o, flags);
	if (!refused && !writing_noted(file, &o, t))
		refused = content_unnoted(t);
	if (c)
		__sync_fetch_and_add(&c->asking, -1);
	if (!refused)
		content_changes(file->f_inode, o.overlay);
	if (!o.layered)
		t->changes_running = !!(flags & TSEM_FLAG_RUNNING);
	if (!refused && runs_unsaid(t, file, &o, flags))
		return VERDICT_AS(1, -ETXTBSY);
	return opening_verdict(t, refused);
}

/* The event of an opening with the content of the file. */
__attribute__((noinline)) int opened_with_content(struct tsem_task *t, struct file *file ARGUMENT_TRUSTED)
{
	__u8 digest[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};
	struct tsem_event *e;
	__u64 version, use;
	__u32 failure;

	if (!t || !file)
		return -EPERM;
	version = content_version(file->f_inode);
	use = version ? file_use(TSEM_EVENT_file_open, file) : 0;
	if (use && verdict_known(t, file, use, 1, version))
		return 0;
	failure = unknown(content_digest(file, t, 0, digest), t->context);
	e = event_begin(t, TSEM_EVENT_file_open);
	if (!e)
		return tsem_exhausted(t, TSEM_EVENT_file_open);
	e->by_name = opened_by_name(file) ?: executed_by_name(t, file);
	e->record.failure = failure;
	verdict_note(e, use, 1, version);
	cell_file(e, file, digest, task_portable(t));
	return event_end_keeping(e, t, file);
}

/*
 * With contents of all files the content is part of the event, and can be read
 * only now. Attached when the first such namespace is made: see lib/kernel/kernel.c.
 */
SEC("lsm.s/file_post_open")
int BPF_PROG(file_contents, struct file *file, int mask)
{
	struct tsem_task *t = task_modeled_sleepable();

	if (!t || file->f_mode & FMODE_CREATED || file->f_flags & FMODE_EXEC || !contents_follow(t, file))
		return 0;
	return opening_verdict(t, opened_with_content(t, file));
}

/*
 * What is no program itself is read by one, bit by bit, as long as that runs: it
 * counts as mapped from when it is allowed. The interpreter of a script can be a
 * script. Whether there is room to note it.
 */
INLINE bool script_note(struct tsem_task *t, const struct linux_binprm *bprm, struct inode *inode)
{
	bool program = bprm->buf[0] == 0x7f && bprm->buf[1] == 'E' && bprm->buf[2] == 'L' && bprm->buf[3] == 'F';

	if (t->next_program) { /* one of another machine, which an interpreter reads */
		if (!scripts_push(&t->next_scripts, t->next_program))
			return 0;
		t->next_program = 0;
	}
	if (!program)
		return scripts_add(&t->next_scripts, inode);
	code_note(&t->next_program, inode);
	return 1;
}

/*
 * What is opened to be executed comes here once it can be read: a program, and
 * before it the script that it is the interpreter of. The loader of a program
 * does not; it is mapped, with its content.
 */
SEC("lsm.s/bprm_check_security")
int BPF_PROG(file_executed, struct linux_binprm *bprm)
{
	struct file *file = bprm->file;
	struct tsem_task *t;

	if (!file)
		return 0;
	if (binding_joins(file))
		return VERDICT(1);
	t = task_modeled_sleepable();
	if (!t)
		return 0;
	if (bprm->interp == bprm->filename)
		scripts_drop(t);
	content_look(file->f_inode, t);
	if (opened_with_content(t, file)) {
		scripts_drop(t);
		return VERDICT(1);
	}
	if (!script_note(t, bprm, file->f_inode)) {
		scripts_drop(t);
		return VERDICT_AS(1, -ELOOP);
	}
	if (content_runs(file->f_inode, t))
		return 0;
	scripts_drop(t);
	return VERDICT_AS(1, -ETXTBSY);
}

/* One of an overlay that was opened before it was copied up has the file of the layer below. */
INLINE bool file_stale(struct file *object)
{
	struct file *file = READ_ONLY(struct file, object), *real = file->private_data;

	if (!content_overlay(file->f_inode))
		return 0;
	if (bpf_core_type_exists(struct ovl_file))
		real = BPF_CORE_READ((struct ovl_file *)real, realfile);
	return BPF_CORE_READ(real, f_inode) != content_under(file->f_inode);
}

/* By itself, so that its stack is not below that of hashing. */
static __attribute__((noinline)) int mapping_describe(struct tsem_event *e, struct file *file, __u64 access,
						      const __u8 *digest, bool portable)
{
	cell_u8(e, !!file);
	if (file)
		cell_file(e, file, digest, portable);
	cell_u32(e, access);
	cell_u32(e, access >> 32);
	return 0;
}

#define MAPPING_STALE 1
#define MAPPING_WANTS 2 /* the content is part of the event */

/* As opening_decide. file NULL: there is none. version: of the digest that is known. */
__attribute__((noinline)) int mapping_decide(struct tsem_task *t, struct file *file ARGUMENT_TRUSTED, __u64 access,
					     __u64 version, __u32 how)
{
	__u8 digest[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};
	struct tsem_event *e;
	__u32 failure = 0;
	__u64 use = 0;

	if (!t)
		return -EPERM;
	if (file && how & MAPPING_STALE)
		failure = TSEM_FAILURE_changing;
	else if (file && how & MAPPING_WANTS)
		failure = content_digest(file, t, access & PROT_EXEC, digest);
	if (file && !(how & MAPPING_STALE) && (version || !(how & MAPPING_WANTS)))
		use = file_use(TSEM_EVENT_mmap_file, file);
	e = event_begin(t, TSEM_EVENT_mmap_file);
	if (!e)
		return tsem_exhausted(t, TSEM_EVENT_mmap_file);
	e->by_name = mapped_by_name(t, file);
	e->record.failure = failure;
	verdict_note(e, use, access, version);
	mapping_describe(e, file, access, digest, task_portable(t));
	return file ? event_end_keeping(e, t, file) : event_end_sleepable(e, t);
}

INLINE int file_mapped(struct tsem_task *t, struct file *file, bool given, __u32 prot, __u64 flags)
{
	__u64 access = flags << 32 | prot, version = 0;
	bool wanted = 0, stale = 0;

	if (given) {
		wanted = content_wanted(t, file->f_inode, prot & PROT_EXEC, &version);
		stale = prot & PROT_EXEC && file_stale(file);
		if (!stale && (version || !wanted) &&
		    verdict_known(t, file, file_use(TSEM_EVENT_mmap_file, file), access, version))
			return 0;
	}
	return mapping_decide(t, file, access, version, stale * MAPPING_STALE | wanted * MAPPING_WANTS);
}

/*
 * Anonymous mappings are events only when executable. A refused mapping leaves no
 * note that there is one, nor that it was tried.
 */
SEC("lsm.s/mmap_file")
int BPF_PROG(mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags)
{
	struct tsem_task *t = task_modeled_sleepable();
	bool given, runs = prot & PROT_EXEC;

	if (!t)
		return 0;
	given = argument_given(ctx, 0);
	if (!file) /* newer verifiers know that it may be NULL, and want to see it asked */
		given = 0;
	if (!given && !runs)
		return 0;
	if (given && runs)
		content_look(file->f_inode, t);
	if (file_mapped(t, file, given, prot, flags))
		return VERDICT(1);
	if (!given)
		return 0;
	if (runs) {
		code_note(&t->mapping, file->f_inode);
		if (!content_runs(file->f_inode, t)) {
			code_note(&t->mapping, 0);
			return VERDICT_AS(1, -ETXTBSY);
		}
	}
	if (!(flags & MAP_SHARED) || content_mapped(file, t) || !content_unnoted(t))
		return 0;
	code_note(&t->mapping, 0);
	return VERDICT(1);
}

/* The mapping of a file is there, and nobody can use it yet. One of another file can be split before. */
SEC("fentry/uprobe_mmap")
int BPF_PROG(mmap_file_done, struct vm_area_struct *vma)
{
	struct tsem_task *t = task_state();

	if (t && t->mapping && vma->vm_flags & VM_EXEC && vma->vm_file &&
	    t->mapping == code_place(vma->vm_file->f_inode) + 1)
		code_note(&t->mapping, 0);
	return 0;
}

/* Memory becomes executable, or executable memory becomes writable. */
INLINE bool memory_gains(const struct vm_area_struct *vma, unsigned long prot)
{
	if (!(prot & PROT_EXEC))
		return 0;
	return !(vma->vm_flags & VM_EXEC) || (prot & PROT_WRITE && !(vma->vm_flags & VM_WRITE));
}

/*
 * The file of the mapping. Of an overlay file system that is the one of the
 * layer below, which the kernel keeps with the path that the task has used.
 */
INLINE void cell_mapped(struct tsem_event *e, struct file *object, bool portable)
{
	struct tsem_created *tag = created_tag(object->f_inode, e->record.context);
	struct file *file = READ_ONLY(struct file, object);
	const __u8 none[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};
	struct path *path = &file->f_path;
	__u32 flags = file->f_flags;
	struct dentry *dentry;

	if (file_backing(file)) {
		path = &READ_ONLY(struct backing_file, object)->user_path;
		flags &= ~O_NOATIME; /* of the layer only */
	}
	dentry = path->dentry;
	cell_u32(e, flags & FILE_FLAGS);
	cell_inode(e, dentry->d_inode, portable);
	cell_path_walked(e, dentry, real_mount(path->mnt), tag, 0, portable);
	cell_digest(e, none);
}

/*
 * Memory that becomes executable later. This hook may not sleep, so no content
 * can be digested; one that happens to be known is left out too, or the event
 * would depend on what ran before on the machine. Always the zero digest.
 */
SEC("lsm/file_mprotect")
int BPF_PROG(mmap_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	struct tsem_task *t = task_modeled();
	struct tsem_event *e;
	struct file *file;

	if (!t || !memory_gains(vma, prot))
		return 0;
	file = vma->vm_file;
	e = event_begin(t, TSEM_EVENT_mmap_file);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_mmap_file));
	cell_u8(e, !!file);
	if (file)
		cell_mapped(e, file, task_portable(t));
	cell_u32(e, prot);
	cell_u32(e, 0);
	return VERDICT(event_end(e, t));
}

/*
 * With this personality brk(2) makes executable memory. The hook is asked for
 * the addresses of all new memory before there is any; what the kernel only
 * copies, as fork does, does not pass here.
 */
SEC("lsm/mmap_addr")
int BPF_PROG(mmap_file_brk, unsigned long address)
{
	struct tsem_task *t;
	struct tsem_event *e;

	if (!(READ_ONLY(struct task_struct, bpf_get_current_task_btf())->personality & READ_IMPLIES_EXEC))
		return 0;
	t = task_modeled();
	if (!t)
		return 0;
	e = event_begin(t, TSEM_EVENT_mmap_file);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_mmap_file));
	cell_u8(e, 0);
	cell_u32(e, PROT_READ | PROT_WRITE | PROT_EXEC);
	cell_u32(e, 0);
	return VERDICT(event_end_rare(e, t, 0));
}

SEC("lsm.s/kernel_read_file")
int BPF_PROG(kernel_read_file, struct file *file, int id, bool contents)
{
	struct tsem_task *t = task_modeled_sleepable();
	__u8 digest[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};
	struct tsem_event *e;
	__u32 failure;

	if (!t)
		return 0;
	failure = content_digest(file, t, 1, digest);
	e = event_begin(t, TSEM_EVENT_kernel_read_file);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_kernel_read_file));
	e->record.failure = failure;
	cell_file(e, file, digest, task_portable(t));
	cell_u32(e, id);
	cell_u32(e, contents);
	return VERDICT(event_end_rare(e, t, 1));
}
