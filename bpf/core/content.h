/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Content digests of files, once per version of a file. A digest is kept only
 * when nobody had the file open for writing before and after it was read, and
 * holds while nobody opens it for writing or truncates it again: both are
 * counted here for every task of the machine. A writable mapping keeps the file
 * open for writing. Change time and size are compared too, for file systems
 * that somebody else changes.
 *
 * A file of an overlay file system has its content in a file of a layer, which
 * has a path of its own. What tasks of namespaces have opened through an overlay
 * is marked there. When such a file is opened for writing otherwise than through
 * that overlay, the digests of the overlays' files that have their content in it end.
 *
 * A page that was mapped for writing can be changed when nobody has the file open
 * any more: by a direct read that was begun before and answers late. Who began it
 * cannot end before it does, unless an io_uring has taken it over. So the file does
 * not run while a namespace lives that has had it mapped so, and not afterwards
 * either if that namespace has made an io_uring. What a namespace has made itself
 * has no digest anyway.
 *
 * Memory with a descriptor (memfd, System V) is written to by descriptors that
 * were never opened and are counted nowhere, and through mappings that move no
 * time. Only a seal against writing makes its content certain.
 */
#ifndef TSEM_BPF_CONTENT_H
#define TSEM_BPF_CONTENT_H

#include "describe.h"
#include "kernel.h"
#include "layers.h"
#include "maps.h"
#include "sequence.h"
#include "served.h"
#include "task.h"

#define CONTENT_RUNS 0x1 /* it was executed or mapped executable in a namespace */
#define CONTENT_BELOW 0x2 /* it is in a layer, and was opened through an overlay */
#define CONTENT_SHARED 0x4 /* through more than one */
#define CONTENT_CUT 0x8 /* truncate(2) has changed its length, which no writer's closing tells IMA */

/* 1: a truncation could not be noted. */
volatile __u32 tsem_cuts_unknown;

/* 1: a namespace has made or used an io_uring. */
volatile __u32 tsem_urings_made;

INLINE bool content_sealed(const struct inode *inode)
{
	const struct shmem_inode_info *info = (void *)inode - bpf_core_field_offset(struct shmem_inode_info, vfs_inode);

	return (READ_ONLY(struct shmem_inode_info, info)->seals & F_SEALED) == F_SEALED;
}

/*
 * What a program of a user serves can be other bytes a moment later, or never
 * come. Who root has mounted is trusted as root is.
 */
INLINE bool content_served(const struct inode *inode)
{
	const struct super_block *sb = inode->i_sb;
	const struct fuse_inode *fuse = (void *)inode - bpf_core_field_offset(struct fuse_inode, inode);

	if (served_by_user(sb, 1))
		return 1;
	/* Handed through: who writes to the other file is not seen. */
	return sb->s_magic == FUSE_SUPER_MAGIC && bpf_core_field_exists(fuse->fb) && BPF_CORE_READ(fuse, fb);
}

/* Of the file that has the content: two may share one. It is in memory as long as whoever shows its content. */
INLINE __u32 code_place(const struct inode *inode)
{
	return (__u32)((address_of(content_real(inode)) >> 6) * 0x9e3779b1u) >> 18;
}
_Static_assert(TSEM_CODES == 1 << 14, "as many as there are numbers of 32 - 18 bits");

/*
 * Which file in a layer has the content of an overlay's file, and how often it was opened for writing otherwise than
 * through the overlay. Equal as long as the content is the same. 0: the file is not in an overlay.
 */
INLINE __u64 content_layer(const struct inode *inode)
{
	__u64 *changes;
	__u32 place;

	if (!content_overlaid(inode))
		return 0;
	place = code_place(inode);
	changes = bpf_map_lookup_elem(&tsem_layers, &place);
	return changes ? *(const volatile __u64 *)changes * TSEM_CODES + place : 0;
}

INLINE bool layer_changed(const struct inode *inode)
{
	return content_layer(inode) >= TSEM_CODES;
}

INLINE void layer_changes(const struct inode *inode)
{
	__u32 place = code_place(inode);
	__u64 *changes = bpf_map_lookup_elem(&tsem_layers, &place);

	if (changes)
		ordered_add(changes, 1);
}

struct older_search {
	__u64 newest;
	__u64 found;
};

static __attribute__((noinline)) long older_step(__u32 slot, void *context)
{
	struct older_search *s = context;
	struct tsem_namespace *ns = of_slot(&tsem_namespaces, slot);
	__u64 id = ns ? ns->id : 0;

	s->found = id && id <= s->newest && id != tsem_root.id;
	return s->found;
}

/* Whether one that did not fit may live: numbers of namespaces only grow. */
INLINE bool holder_more_lives(struct tsem_holder *holder)
{
	struct older_search s = {.newest = holder->more};

	if (!s.newest)
		return 0;
	if (tsem_urings_made)
		return 1;
	bpf_loop(TSEM_NAMESPACE_MAX, older_step, &s, 0);
	if (!s.found)
		__sync_val_compare_and_swap(&holder->more, s.newest, 0);
	return s.found;
}

#define MORE_TRIES 4

INLINE void holder_more_note(struct tsem_holder *holder, __u64 context)
{
	__u64 newest;

#pragma clang loop unroll(disable)
	for (int i = 0; i < MORE_TRIES; i++) {
		newest = *(const volatile __u64 *)&holder->more;
		if (newest >= context || __sync_val_compare_and_swap(&holder->more, newest, context) == newest)
			return;
	}
	holder->more = ~0ULL; /* whoever lives */
}

#define RING_NAME_START 0x676e6972755f6f69ULL /* "io_uring", behind a bracket */

/* Nonzero: it cannot be noted. */
INLINE long ring_note(__u64 context)
{
	__u32 made = 1;

	tsem_urings_made = 1;
	return bpf_map_update_elem(&tsem_urings, &context, &made, BPF_ANY);
}

/* A namespace makes an object without a file. Whether it is an io_uring, and cannot be noted. */
INLINE bool ring_unnoted(const struct qstr *name, __u64 context)
{
	__u64 start = 0;

	bpf_probe_read_kernel(&start, sizeof(start), name->name + 1);
	return start == RING_NAME_START && ring_note(context);
}

/* At the end of a task: a ring that it used may have been handed to it. */
INLINE void ring_used(const struct tsem_task *t, struct task_struct *task)
{
	const struct task_struct *ended = READ_ONLY(struct task_struct, task);

	if (bpf_core_field_exists(ended->io_uring) && ended->io_uring)
		ring_note(t->context);
}

/* What a namespace has begun may still come when it has ended. */
INLINE bool held_lives(__u64 held)
{
	__u64 context = held / TSEM_NAMESPACE_MAX;

	return held &&
	       (namespace_at(held % TSEM_NAMESPACE_MAX, context) || bpf_map_lookup_elem(&tsem_urings, &context));
}

static __attribute__((noinline)) bool holder_lives(struct tsem_holder *holder)
{
	if (holder_more_lives(holder))
		return 1;
	for (int i = 0; i < HOLDERS; i++)
		if (held_lives(holder->held[i]))
			return 1;
	return 0;
}

/* In the place of one that has ended, unless another takes it in this moment. */
static __attribute__((noinline)) int holder_note(struct tsem_holder *holder, const struct tsem_task *t)
{
	__u64 own = t->context * TSEM_NAMESPACE_MAX + t->slot % TSEM_NAMESPACE_MAX, held, ended = 0;
	int free = -1;

	for (int i = 0; i < HOLDERS; i++) {
		held = *(volatile __u64 *)&holder->held[i];
		if (held == own)
			return 0;
		if (free < 0 && !held_lives(held)) {
			free = i;
			ended = held;
		}
	}
	if (free < 0 || __sync_val_compare_and_swap(&holder->held[free & (HOLDERS - 1)], ended, own) != ended)
		holder_more_note(holder, t->context);
	return 0;
}

INLINE bool content_unwritten_now(const struct inode *inode, const struct tsem_content *c)
{
	__u32 asking = *(const volatile __u32 *)&c->asking;
	int writers = *(const volatile int *)&inode->i_writecount.counter;

	return writers <= 0 || (__u32)writers <= asking;
}

#define QUIET_TURNS 128

/*
 * Whether nobody has it open for writing. An opening that is refused counts for
 * a moment before and after it is looked at: nobody keeps others from their
 * programs by trying.
 */
INLINE bool content_unwritten(const struct inode *inode, const struct tsem_content *c)
{
	bool unwritten = content_unwritten_now(inode, c);
	struct bpf_iter_num turns;

	if (unwritten)
		return 1;
	bpf_iter_num_new(&turns, 1, QUIET_TURNS);
	while (!unwritten && bpf_iter_num_next(&turns))
		unwritten = content_unwritten_now(inode, c);
	bpf_iter_num_destroy(&turns);
	return unwritten;
}

#define PAGE_BYTES 4096

/* Behind the end of a file its last page has what was written there through a mapping: it is in no digest, and would run. */
INLINE bool content_mapped_behind(const struct inode *inode, const struct tsem_content *c)
{
	return inode->i_size & (PAGE_BYTES - 1) && (c->mapper.held[0] || c->mapper.more);
}

static __attribute__((noinline)) bool content_quiet(const struct inode *object, struct tsem_content *c)
{
	const struct inode *inode = READ_ONLY(struct inode, object), *real = content_real(object);
	__u64 magic = real->i_sb->s_magic;

	if (content_served(real) || !content_unwritten(inode, c) || (real != inode && real->i_writecount.counter > 0))
		return 0;
	if (magic == TMPFS_MAGIC && content_mapped_behind(real, c))
		return 0;
	if (magic == TMPFS_MAGIC && (holder_lives(&c->writer) || real->i_sb->s_flags & SB_KERNMOUNT))
		return content_sealed(real);
	/* Pages of huge ones are held longer, and it has no seals. */
	return magic != HUGETLBFS_MAGIC && !holder_lives(&c->mapper);
}

INLINE bool content_holds(struct tsem_content *c, const struct inode *inode)
{
	return c->digested == c->openings + 1 && c->ctime_sec == inode->i_ctime_sec &&
	       c->ctime_nsec == inode->i_ctime_nsec && c->size == inode->i_size && c->layer == content_layer(inode) &&
	       content_quiet(inode, c);
}

/* NULL when no digest is known that holds now; else it does if the version is the same afterwards. */
INLINE struct tsem_content *content_kept(struct inode *inode, __u64 *ret_version)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	*ret_version = 0;
	if (!c)
		return 0;
	*ret_version = sequence_read(&c->version);
	return content_holds(c, inode) ? c : 0;
}

/* Version of the digest that holds for the file now, 0 when there is none. */
INLINE __u64 content_version(struct inode *inode)
{
	__u64 version;
	struct tsem_content *c = content_kept(inode, &version);

	return c && sequence_same(&c->version, version) ? version : 0;
}

/* Only what is known already. */
INLINE __u32 content_known(struct inode *inode, __u8 *ret_digest)
{
	__u64 version;
	struct tsem_content *c = content_kept(inode, &version);

	if (!c)
		return TSEM_FAILURE_digest;
	read_barrier();
	tsem_digest_copy(ret_digest, c->digest);
	return sequence_same(&c->version, version) ? 0 : TSEM_FAILURE_digest;
}

/* The kernel counts who opens a file for writing before it asks. Whose opening is looked at just now may be refused. */
INLINE struct tsem_content *content_asks(struct inode *inode)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	if (c)
		__sync_fetch_and_add(&c->asking, 1);
	return c;
}

/*
 * There is no memory to note what others rely on when they let the file run. Nobody
 * in a namespace goes on without the note, in whichever mode: it is of the file,
 * and an enforcing namespace may ask for it. The root namespace is no workload.
 */
INLINE bool content_unnoted(const struct tsem_task *t)
{
	namespace_failed(t, TSEM_FAILURE_storage);
	return !(t->flags & TSEM_TASK_LOOSE);
}

/* Its length is about to change, and nobody has it open. Without memory for the note it is of every file. */
INLINE void content_cut(struct inode *inode)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (c)
		__sync_fetch_and_or(&c->marks, CONTENT_CUT);
	else
		tsem_cuts_unknown = 1;
}

/* Somebody, in a namespace or not, is about to change the file: through the overlay on this device, 0: by its own path. */
INLINE void content_changes(struct inode *inode, __u64 overlay)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	if (!c)
		return;
	ordered_add(&c->openings, 1);
	if (c->marks & CONTENT_SHARED || (c->marks & CONTENT_BELOW && c->overlay != overlay))
		layer_changes(inode);
}

/* A task of a namespace opens the file through the overlay on this device. Whether it could be noted. */
INLINE bool content_below(struct inode *inode, __u64 overlay)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!c)
		return 0;
	if (c->overlay == overlay)
		return 1;
	/* First: another task of that overlay goes by what it finds there. */
	__sync_fetch_and_or(&c->marks, CONTENT_BELOW);
	if (__sync_val_compare_and_swap(&c->overlay, 0, overlay))
		__sync_fetch_and_or(&c->marks, CONTENT_SHARED);
	return 1;
}

/*
 * Whether there is anything to gain from reading the file, 0 or a TSEM_FAILURE_.
 * The kernel reads it to its end whatever comes meanwhile, so nobody may choose
 * how long that takes: a large one has to have the size of one that was learned.
 */
INLINE __u32 content_admitted(const struct tsem_task *t, const struct tsem_namespace *ns, __u64 size)
{
	void *sizes;

	if (size <= TSEM_CONTENT_SMALL)
		return 0;
	if (size > TSEM_CONTENT_LARGEST)
		return TSEM_FAILURE_large;
	sizes = of_slot(&tsem_sizes, t->slot);
	if (!sizes || bpf_map_lookup_elem(sizes, &size))
		return 0;
	if (namespace_refuses(ns))
		return TSEM_FAILURE_size;
	bpf_map_update_elem(sizes, &size, &size, BPF_NOEXIST);
	return 0;
}

/* A task that is refused everything gets nothing read. */
INLINE bool content_pointless(struct tsem_task *t, const struct tsem_namespace *ns)
{
	return !ns || (namespace_refuses(ns) && !task_trusted(t, ns));
}

struct content_seen { /* a file as it was when its reading began */
	__u64 openings;
	__u64 layer;
	__u64 size;
	__s64 mtime_sec;
	__s64 ctime_sec;
	__u32 mtime_nsec;
	__u32 ctime_nsec;
};

INLINE void content_see(const struct tsem_content *c, struct inode *inode, struct content_seen *ret)
{
	ret->openings = c->openings;
	ret->layer = content_layer(inode);
	ret->size = inode->i_size;
	ret->mtime_sec = inode->i_mtime_sec;
	ret->mtime_nsec = inode->i_mtime_nsec;
	ret->ctime_sec = inode->i_ctime_sec;
	ret->ctime_nsec = inode->i_ctime_nsec;
}

/*
 * Keeps the digest of a file as it was when it was seen. Of two who digest the
 * same file at one time one keeps it: their parts never mix.
 */
INLINE void content_keep(struct tsem_content *c, const struct content_seen *seen, const __u8 *digest)
{
	if (!sequence_write(&c->version))
		return;
	tsem_digest_copy(c->digest, digest);
	c->ctime_sec = seen->ctime_sec;
	c->ctime_nsec = seen->ctime_nsec;
	c->size = seen->size;
	c->layer = seen->layer;
	c->digested = seen->openings + 1;
	sequence_written(&c->version);
}

/*
 * Whether somebody had it open for writing, or wrote to it otherwise, since it
 * was seen. A name more or less, and another mode, change the time of its last
 * change only: who updates a program makes nobody violate who executes it just
 * then.
 */
INLINE bool content_moved(const struct tsem_content *c, const struct content_seen *seen, const struct inode *inode)
{
	return c->openings != seen->openings || content_layer(inode) != seen->layer || inode->i_size != seen->size ||
	       inode->i_mtime_sec != seen->mtime_sec || inode->i_mtime_nsec != seen->mtime_nsec;
}

/*
 * Where IMA has a policy it keeps digests of its own and answers with them. Only
 * the closing of a writer of this very inode makes it forget one: not what is
 * done to the file of a layer, by a server, or by truncate(2). Such an answer may
 * be that of what the file was, so there is none.
 */
INLINE bool content_outdated(struct inode *inode, struct tsem_content *c, __u8 *scratch)
{
	if (bpf_ima_inode_hash(inode, scratch, TSEM_DIGEST_SIZE) < 0) {
		if (c->marks & CONTENT_CUT)
			__sync_fetch_and_and(&c->marks, ~CONTENT_CUT);
		return 0;
	}
	return c->marks & CONTENT_CUT || tsem_cuts_unknown || layer_changed(inode) ||
	       inode->i_sb->s_magic == FUSE_SUPER_MAGIC;
}

/*
 * Reads it. Nobody in a namespace makes it long meanwhile: who has asked whether
 * he may before we came is counted as a writer by now, and who asks later is
 * told that it is busy (size_waits). Who opens it for writing meanwhile is seen
 * when it has been read. While it is read the task is not
 * acting for itself: hooks that fire then are not its events.
 */
INLINE __u32 content_read(struct file *file, struct tsem_task *t, const struct tsem_namespace *ns,
			  struct tsem_content *c, bool runs, __u8 *ret_digest)
{
	struct inode *inode = file->f_inode;
	struct content_seen seen;
	bool quiet = content_quiet(inode, c);
	long algorithm;
	__u32 failure;

	if (!quiet && (runs || namespace_refuses(ns)))
		return TSEM_FAILURE_changing; /* who writes to it could also make it longer while it is read */
	content_see(c, inode, &seen);
	failure = content_outdated(inode, c, ret_digest) ? TSEM_FAILURE_changing : content_admitted(t, ns, seen.size);
	if (failure)
		return failure;
	t->internal = 1;
	algorithm = bpf_ima_file_hash(file, ret_digest, TSEM_DIGEST_SIZE);
	t->internal = 0;
	if (algorithm != HASH_ALGO_SHA256)
		return TSEM_FAILURE_digest;
	if (!quiet || !content_quiet(inode, c) || content_moved(c, &seen, inode))
		return runs ? TSEM_FAILURE_changing : 0;
	/* Its server may show another content, and the time of the change a second later. */
	if (!served(READ_ONLY(struct inode, content_real(inode))->i_sb))
		content_keep(c, &seen, ret_digest);
	return 0;
}

/*
 * Digest of the whole file, 0 or a TSEM_FAILURE_. A file that was created in
 * the namespace has the zero digest, which is what ret_digest holds. What runs
 * must not change any more: a digest of what can be replaced a moment later
 * says nothing.
 */
static __attribute__((noinline)) __u32 content_digest(struct file *file, struct tsem_task *t, bool runs,
						      __u8 *ret_digest)
{
	struct inode *inode = file->f_inode;
	const struct tsem_namespace *ns = namespace_of(t);
	struct tsem_content *c;
	__u32 failure;

	if (content_pointless(t, ns) || created_tag(inode, t->context))
		return 0;
	if (!content_known(inode, ret_digest)) {
		content_admitted(t, ns, inode->i_size); /* it is not read, but its size is one of the namespace's */
		return 0;
	}
	c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!c)
		return TSEM_FAILURE_storage;
	ordered_add(&c->readers, 1);
	failure = content_read(file, t, ns, c, runs, ret_digest);
	__sync_fetch_and_add(&c->readers, -1ULL);
	return failure;
}

/* Whether the file is read for its digest just now. */
INLINE bool content_busy(struct inode *inode)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	return c && c->readers;
}

#define OPENINGS_UNKNOWN (~0ULL) /* there never are so many */

/* Notes the file as it is when the task begins to look whether it may run. */
INLINE void content_look(struct inode *inode, struct tsem_task *t)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	t->looked_openings = c ? ordered_add(&c->openings, 0) : OPENINGS_UNKNOWN;
	t->looked_layer = content_layer(inode);
}

/*
 * It may run, and is noted: who opens it for writing from here on is told so.
 * What is refused is noted nowhere, so that it hinders nobody. Whether nobody
 * was allowed to write to it meanwhile: who was is counted before he looks
 * whether it runs, so one of the two sees the other. What the namespace has
 * made, and where nothing is refused, may change. Where there was no memory to
 * note it, nobody can be told.
 */
INLINE bool content_runs(struct inode *inode, const struct tsem_task *t)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	if (!c)
		return !content_unnoted(t);
	if (!(c->marks & CONTENT_RUNS))
		__sync_fetch_and_or(&c->marks, CONTENT_RUNS);
	if (ordered_add(&c->openings, 0) == t->looked_openings && t->looked_layer == content_layer(inode))
		return 1;
	return !task_refuses(t) || created_tag(inode, t->context);
}

/*
 * A file in memory can be changed after its last descriptor for writing is
 * closed, through pages that io_uring or another part of the kernel still
 * holds: what a workload has had open for writing does not run from there as
 * long as its namespace lives. Whether it could be noted, as of the next two.
 */
INLINE bool content_written(struct inode *inode, const struct tsem_task *t)
{
	__u64 magic = READ_ONLY(struct inode, inode)->i_sb->s_magic;
	struct tsem_content *c;

	if (magic != TMPFS_MAGIC && magic != OVERLAYFS_SUPER_MAGIC)
		return 1; /* of an overlay the layer may be in memory, and may be copied to first */
	c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (c)
		holder_note(&c->writer, t);
	return c;
}

/* The same through an overlay, of the file in the layer: whether it is mapped there is not asked. */
INLINE bool content_written_above(struct inode *inode, const struct tsem_task *t)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!c)
		return 0;
	holder_note(&c->writer, t);
	holder_note(&c->mapper, t);
	return 1;
}

/* A task of a namespace maps it so that it can be written to, now or after mprotect. */
INLINE bool content_mapped(struct file *file, const struct tsem_task *t)
{
	struct inode *inode = file->f_inode;
	struct tsem_content *c;

	if (!(file->f_mode & FMODE_WRITE) || (inode->i_mode & S_IFMT) != S_IFREG)
		return 1;
	c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (c)
		holder_note(&c->mapper, t);
	return c;
}

INLINE void code_count(__u64 place_and_1, int change)
{
	__u32 place = place_and_1 - 1;
	__u64 *tasks = bpf_map_lookup_elem(&tsem_codes, &place);

	if (place_and_1 && tasks)
		__sync_fetch_and_add(tasks, change);
}

/* In the place of what was there: one that failed, or is over. inode NULL: nothing. */
INLINE void code_note(__u64 *place, const struct inode *inode)
{
	code_count(*place, -1);
	*place = inode ? code_place(inode) + 1 : 0;
	code_count(*place, 1);
}

/* Scripts of one exec, of 16 bits each. */
#define SCRIPTS_MAX 4

INLINE void scripts_count(__u64 scripts, int change)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < SCRIPTS_MAX; i++)
		code_count(scripts >> 16 * i & 0xffff, change);
}

INLINE void scripts_forget(__u64 *scripts)
{
	scripts_count(*scripts, -1);
	*scripts = 0;
}

/* What a script's interpreter executes in its own place may read the script still, until another script is executed. */
INLINE void scripts_take(__u64 *scripts, __u64 *next)
{
	if (*next) {
		scripts_forget(scripts);
		*scripts = *next;
	}
	*next = 0;
}

/* One that is counted already. Whether there is room. */
INLINE bool scripts_push(__u64 *scripts, __u64 place)
{
	if (*scripts >> 16 * (SCRIPTS_MAX - 1))
		return 0;
	*scripts = *scripts << 16 | place;
	return 1;
}

INLINE bool scripts_add(__u64 *scripts, const struct inode *inode)
{
	__u64 place = code_place(inode) + 1;

	if (!scripts_push(scripts, place))
		return 0;
	code_count(place, 1);
	return 1;
}

/* Of an exec that is over before it has committed. */
INLINE void scripts_drop(struct tsem_task *t)
{
	scripts_forget(&t->next_scripts);
	code_note(&t->next_program, 0);
}

INLINE void codes_forget(struct tsem_task *t)
{
	code_note(&t->mapping, 0);
	scripts_forget(&t->scripts);
	scripts_drop(t);
}

INLINE bool code_noted(const struct inode *inode)
{
	__u32 place = code_place(inode);
	__u64 *tasks = bpf_map_lookup_elem(&tsem_codes, &place);

	return tasks && *tasks;
}

/*
 * Whether the file has run, and writing to it changes what runs: what is copied
 * first does not. marks: how it may have run, CONTENT_RUNS by this inode,
 * CONTENT_BELOW by that of an overlay above it.
 */
INLINE bool content_running_as(struct inode *inode, __u32 marks)
{
	const struct ovl_inode *overlay = content_overlay(inode);
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	if (!c || !(c->marks & marks))
		return 0;
	if (overlay && !content_upper(overlay, content_lower(overlay)))
		return 0;
	return code_noted(inode) || BPF_CORE_READ(content_real(inode), i_mapping, i_mmap.rb_root.rb_node);
}

INLINE bool content_running(struct inode *inode)
{
	return content_running_as(inode, CONTENT_RUNS | CONTENT_BELOW);
}

/* By its own name, or that of this overlay, and not of one above it. */
INLINE bool content_running_itself(struct inode *inode)
{
	return content_running_as(inode, CONTENT_RUNS);
}

#endif
