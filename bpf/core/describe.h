/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the kernel's objects to the fields of a CELL, in the encoding of docs/coefficients.md. */
#ifndef TSEM_BPF_DESCRIBE_H
#define TSEM_BPF_DESCRIBE_H

#include "ids.h"
#include "kernel.h"
#include "maps.h"
#include "nameless.h"
#include "normalise.h"
#include "process_path.h"
#include "who.h"

/* Set by the library before loading: the number of the machine's first mount namespace, where our pins are mounted. */
const volatile __u64 tsem_initial_mounts;

INLINE bool mounts_first(const struct mnt_namespace *mnt_ns)
{
	return mounts_number(mnt_ns) == tsem_initial_mounts;
}

/* Whether the task is there. */
INLINE bool mounts_initial(void)
{
	return mounts_first(READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nsproxy->mnt_ns);
}

/*
 * The verifier of 6.12 takes pointers that it trusts for never NULL, and
 * removes every test of them. A value read as plain memory escapes that.
 */
INLINE __u64 argument_value(const void *arguments, int index)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const __u64 *)arguments + index);
	return value;
}

INLINE bool argument_given(const void *arguments, int index)
{
	return argument_value(arguments, index) != 0;
}

/* size: a multiple of four. */
INLINE void cell_zeros(struct tsem_event *e, __u32 size)
{
	tsem_words_clear(cell_tail(e), size);
	cell_advance(e, size);
}

/* A string of which size - 1 bytes at most are taken; size is a constant, at most 4096. */
INLINE void cell_string(struct tsem_event *e, const char *string, __u32 size)
{
	__u8 *tail = cell_tail(e);
	long n = bpf_probe_read_kernel_str(tail + 4, size, string);

	if (n < 1)
		event_fail(e, TSEM_FAILURE_field);
	else if (n == size)
		event_fail(e, TSEM_FAILURE_path);
	cell_u32(e, n - 1);
	cell_advance(e, n - 1);
}

INLINE void cell_constant(struct tsem_event *e, const char *string, __u32 size)
{
	cell_u32(e, size);
	__builtin_memcpy(cell_tail(e), string, size);
	cell_advance(e, size);
}
#define CELL_CONSTANT(e, string) cell_constant(e, string, sizeof(string) - 1)

/* The credentials of an overlay file system; 0 where the module's types are not known. */
INLINE __u64 overlay_creds(const struct super_block *sb)
{
	struct ovl_fs *overlay = sb->s_fs_info;

	return bpf_core_field_exists(overlay->creator_cred) ? (__u64)BPF_CORE_READ(overlay, creator_cred) : 0;
}

/*
 * See task_overlaid(). Where they are not known, or there are too many file
 * systems, repeated operations are events too. Whoever asks holds the file
 * system, so that it cannot be going away.
 */
__attribute__((noinline)) int overlay_note(__u64 superblock)
{
	__u64 cred = overlay_creds(READ_ONLY(struct super_block, (void *)superblock));

	if (cred && !bpf_map_lookup_elem(&tsem_overlays, &cred))
		bpf_map_update_elem(&tsem_overlays, &cred, &superblock, BPF_NOEXIST);
	return 0;
}

/* Where files can be kept without an effect on what they are: on a disk, in memory, in layers. */
#define STORAGE_DISKS(T) \
	T(EXT4_SUPER_MAGIC) T(XFS_SUPER_MAGIC) T(BTRFS_SUPER_MAGIC) T(F2FS_SUPER_MAGIC) T(ZFS_SUPER_MAGIC)
#define STORAGE_TYPES(T) STORAGE_DISKS(T) T(OVERLAYFS_SUPER_MAGIC) T(TMPFS_MAGIC)
#define STORAGE_ANY 1

/*
 * Memory that the kernel mounts for itself (memfd, shared memory) is no place of files: what it calls a deleted name
 * could be that of a file. Without a branch, as it is part of most events.
 */
INLINE __u32 storage_show(__u32 options, const struct super_block *sb)
{
	__u32 magic = sb->s_magic, kept = 1;

#define T(type) kept &= one_if(magic ^ (type));
	STORAGE_TYPES(T)
#undef T
	kept |= one_if(~options & TSEM_NORMALISE_storage) | one_if(sb->s_flags & SB_KERNMOUNT);
	return magic * kept + STORAGE_ANY * (1 - kept);
}

INLINE void cell_inode(struct tsem_event *e, const struct inode *object, bool portable)
{
	const struct inode *inode = READ_ONLY(struct inode, object);
	struct super_block *sb = inode->i_sb;

	cell_u32(e, uid_of(e->options, inode->i_uid));
	cell_u32(e, gid_of(e->options, inode->i_gid));
	cell_u16(e, inode->i_mode);
	cell_u32(e, storage_show(e->options, sb));
	if (sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		overlay_note(address_of(sb));
	if (unknown(portable, e->options)) {
		cell_zeros(e, 4 + 16); /* no s_id, zero s_uuid */
		return;
	}
	cell_string(e, sb->s_id, 32);
	bpf_probe_read_kernel(cell_tail(e), 16, sb->s_uuid.b);
	cell_advance(e, 16);
}

INLINE struct mount *real_mount(const struct vfsmount *mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* A mount of the kernel's own: an error stands in the place of a mount namespace. */
INLINE bool mount_internal(const struct mount *mount)
{
	return (__u64)mount->mnt_ns >= (__u64)-4095;
}

/* The task's mount namespace. */
INLINE __u64 own_mounts(void)
{
	return (__u64)bpf_get_current_task_btf()->nsproxy->mnt_ns;
}

/* The mount is one of the task's own. */
INLINE bool mount_own(const struct vfsmount *mnt)
{
	return (__u64)READ_ONLY(struct mount, real_mount(mnt))->mnt_ns == own_mounts();
}

/*
 * Whether names in the mount mean nothing to the task, because the mount is not
 * in its mount namespace: one that was never put anywhere, one that was taken
 * away, one of other tasks. Not the kernel's own mounts, nor what has no mount.
 */
INLINE bool mount_detached(const struct mount *object, const struct super_block *sb)
{
	const struct mount *mount = READ_ONLY(struct mount, object);

	if (!object)
		return !(sb->s_flags & SB_KERNMOUNT);
	return (__u64)mount->mnt_ns != own_mounts() && !mount_internal(mount);
}

/*
 * Whether the mount is where a mount namespace begins: its first one, or what the machine's root was mounted over it.
 * From 7.0 on an empty one (nullfs) is the first, and the kernel's own rootfs, if it is there, lies between.
 */
INLINE bool mount_begins(const struct mount *mount, const struct mount *first)
{
	const struct mount *parent = mount->mnt_parent;
	char type[8] = {};

	if (mount == first || parent == first)
		return 1;
	if (parent->mnt_parent != first)
		return 0;
	bpf_probe_read_kernel(type, sizeof("rootfs"), parent->mnt.mnt_sb->s_type->name);
	return *(__u64 *)type == *(const __u64 *)"rootfs\0";
}

INLINE bool dentry_positive(struct dentry *dentry)
{
	return READ_ONLY(struct dentry, dentry)->d_inode != 0;
}

/* Tag of a file that was created in the present namespace, or NULL. The inode is not NULL. */
INLINE struct tsem_created *created_tag(struct inode *inode, __u64 context)
{
	struct tsem_created *tag = bpf_inode_storage_get(&tsem_created, inode, 0, 0);

	return tag && tag->context == context ? tag : 0;
}

/* The same of an entry that may be negative. */
INLINE struct tsem_created *entry_tag(struct dentry *dentry, __u64 context)
{
	return dentry_positive(dentry) ? created_tag(dentry->d_inode, context) : 0;
}

#define PLACE_ABOVE 1 /* a bit; another says that the mount is detached */
#define NAMELESS_DEPTH 8 /* so far below a directory without a name its parts are looked for */

/*
 * Notes where in the path of a directory the nearest name is that was left out
 * when it was made. All between were made in the namespace too.
 */
INLINE void nameless_search(struct tsem_event *e, struct dentry *directory, const struct mount *mount)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct dentry *top = READ_ONLY(struct mount, mount)->mnt.mnt_root, *root = task->fs->root.dentry;
	struct tsem_created *tag;
	struct inode *inode;
	__u32 below = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < NAMELESS_DEPTH && directory && directory != top && directory != root; i++) {
		inode = directory->d_inode;
		tag = inode ? created_tag(inode, e->record.context) : 0;
		if (!tag)
			return;
		below += directory->d_name.len;
		if (tag->nameless) {
			e->below = below;
			e->nameless_size = directory->d_name.len;
			return;
		}
		below++;
		directory = directory->d_parent;
	}
}

/*
 * What the path is relative to: the root of where the workload was started,
 * another mount namespace, a changed root directory, or a mount that the task does not have.
 */
__attribute__((noinline)) int cell_path_type(struct tsem_event *e, const struct path *path ARGUMENT_TRUSTED,
					     struct dentry *entry ARGUMENT_TRUSTED, __u64 mount, __u32 place)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct path *root = &task->fs->root;
	struct mount *mounted = READ_ONLY(struct mount, real_mount(root->mnt));
	struct mnt_namespace *mnt_ns = task->nsproxy->mnt_ns;
	__u64 number = mounts_number(mnt_ns);
	struct dentry *directory;

	if (!e)
		return 0;
	e->below = 0;
	if (mount && e->options & TSEM_NORMALISE_temporary) {
		bpf_rcu_read_lock(); /* so that the verifier trusts what is read */
		directory = path ? path->dentry : entry;
		if (directory && place & 1 << PLACE_ABOVE)
			directory = directory->d_parent;
		nameless_search(e, directory, (struct mount *)mount);
		bpf_rcu_read_unlock();
	}
	if (place & 1)
		CELL_CONSTANT(e, "detached");
	else if (root->dentry != mounted->mnt.mnt_root || !mount_begins(mounted, mnt_ns->root))
		CELL_CONSTANT(e, "chroot");
	else if (!number || number != e->home)
		CELL_CONSTANT(e, "namespace");
	else
		CELL_CONSTANT(e, "root");
	return 0;
}

/* Changes of the task's root directory; odd: one is going on. Other threads may share it. */
INLINE __u32 root_changes(void)
{
	return FS_CHANGES(READ_ONLY(struct task_struct, bpf_get_current_task_btf())->fs);
}

/*
 * The directory whose path follows, or begins the one that follows: of a path,
 * of an entry, or the one above. Neither: there is none, or the verifier trusts none.
 */
struct path_place {
	const struct path *path;
	struct dentry *entry;
	bool above;
};

INLINE void cell_path_head(struct tsem_event *e, const struct dentry *dentry, const struct mount *mount,
			   struct path_place place, bool portable)
{
	struct super_block *sb = READ_ONLY(struct dentry, dentry)->d_sb;
	__u32 dev = sb->s_dev;

	portable = unknown(portable, e->options);
	cell_u8(e, !portable);
	if (!portable) {
		cell_u32(e, dev >> 20);
		cell_u32(e, dev & 0xfffff);
	}
	e->root_changes = root_changes();
	cell_path_type(e, place.path, place.entry, address_of(mount),
		       place.above << PLACE_ABOVE | mount_detached(mount, sb));
}

INLINE void cell_created(struct tsem_event *e, const struct tsem_created *tag)
{
	cell_u64(e, e->options & TSEM_NORMALISE_instance ? 0 : tag->instance);
	cell_digest(e, tag->owner);
}

INLINE bool dentry_deleted(const struct dentry *object)
{
	const struct dentry *dentry = READ_ONLY(struct dentry, object);

	return !dentry->d_hash.pprev && dentry->d_parent != dentry;
}

#define DELETED_SIZE (sizeof(TSEM_DELETED) - 1) /* as many bytes as the kernel's " (deleted)" has */

/*
 * From outside of the part of a file system that is mounted there is no way up: the kernel prints the root, of what is
 * deleted too. A root that the task has changed is in the middle of what is mounted.
 */
INLINE bool path_outside(const struct path *path, __u32 length)
{
	const struct path *p = READ_ONLY(struct path, path);
	const struct fs_struct *fs = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->fs;

	return p->dentry != p->mnt->mnt_root && (p->dentry != fs->root.dentry || p->mnt != fs->root.mnt) &&
	       (length == 1 || (length == 1 + DELETED_SIZE && dentry_deleted(p->dentry)));
}

/* Puts the path as string at the tail without advancing. Returns its length. */
INLINE __u32 path_print(struct tsem_event *e, const struct path *path)
{
	long n = bpf_path_d_path((struct path *)path, (char *)cell_tail(e) + 4, TSEM_PATH_MAX + 1);

	if (n < 1 || path_outside(path, n - 1)) {
		event_fail(e, TSEM_FAILURE_path);
		return 0;
	}
	return (n - 1) & TSEM_PATH_MAX;
}

/* The path at the tail is that of the entry: one in a /proc, or of a namespace, loses its numbers. Returns the new length. */
INLINE __u32 path_unnumber(struct tsem_event *e, const struct dentry *dentry, __u32 length)
{
	__u64 magic = READ_ONLY(struct dentry, dentry)->d_sb->s_magic;

	if (e->options & TSEM_NORMALISE_process && magic == PROC_SUPER_MAGIC)
		length = process_path(e, address_of(dentry), length) & TSEM_PATH_MAX;
	else if (e->options & TSEM_NORMALISE_process && magic == NSFS_MAGIC)
		length = namespace_path(e, address_of(dentry), length) & TSEM_PATH_MAX;
	return length;
}

/* Gives the path of the entry, which is at the tail, its normal form and its length. */
INLINE void path_close(struct tsem_event *e, const void *dentry, __u32 length)
{
	length = path_normalise(e, address_of(dentry), length);
	if (e->root_changes & 1 || e->root_changes != root_changes())
		event_fail(e, TSEM_FAILURE_root); /* type and name are of two roots */
	e->path = e->record.cell_size;
#ifdef TSEM_AGENT
	e->deciding = e->deciding ?: e->path; /* the first one */
#endif
	cell_u32(e, length);
	cell_advance(e, length);
}

/* Whether the kernel has printed a name that is no more, as "NAME (deleted)": where NAME would begin otherwise is no slash. */
INLINE bool path_deleted(struct tsem_event *e, const struct dentry *dentry, __u32 length)
{
	__u32 name = READ_ONLY(struct dentry, dentry)->d_name.len + 1;

	return length > DELETED_SIZE && dentry_deleted(dentry) && (name > length || *path_at(e, length - name) != '/');
}

/*
 * "NAME (deleted)" can be the name of another file. What is written in its place
 * no path can end with, nor a rule of names make. What was found by its name and
 * is gone a moment later had that name. Returns the path's new length.
 */
INLINE __u32 path_undelete(struct tsem_event *e, const struct dentry *dentry, __u32 length)
{
	if (e->by_name == address_of(dentry))
		return length - DELETED_SIZE;
	__builtin_memcpy(path_at(e, length - DELETED_SIZE), TSEM_DELETED, DELETED_SIZE);
	return length;
}

/* Length of the directory part of a printed path, "/" for the root. */
INLINE __u32 directory_length(const struct dentry *dentry, __u32 length)
{
	__u32 name = dentry->d_name.len + 1;

	return name < length ? length - name : 1;
}

/* Names of objects without a directory hold an inode number, which means nothing on another day. */
INLINE bool path_print_nameless(struct tsem_event *e, __u64 magic)
{
	e->path = 0;
	if (magic == PIPEFS_MAGIC)
		CELL_CONSTANT(e, "pipe:");
	else if (magic == SOCKFS_MAGIC)
		CELL_CONSTANT(e, "socket:");
	else if (magic == PID_FS_MAGIC)
		CELL_CONSTANT(e, "pidfd:");
	else
		return 0;
	return 1;
}

/* System V memory is called by its key, which programs make of the number of a file: it means nothing on another day. */
INLINE bool segment_print(struct tsem_event *e, const struct dentry *object)
{
	const struct dentry *dentry = READ_ONLY(struct dentry, object);
	char begin[4] = {};

	if (!(dentry->d_sb->s_flags & SB_KERNMOUNT) || dentry->d_parent != dentry)
		return 0;
	bpf_probe_read_kernel(begin, sizeof(begin), dentry->d_name.name);
	if (begin[0] != 'S' || begin[1] != 'Y' || begin[2] != 'S' || begin[3] != 'V')
		return 0;
	CELL_CONSTANT(e, "SYSV:");
	return 1;
}

/* Opened by its handle while nobody has looked up its name: the kernel prints the root for it. */
INLINE bool dentry_nameless(const struct dentry *dentry)
{
	const struct super_block *sb = dentry->d_sb;

	return dentry->d_parent == dentry && dentry != sb->s_root && !(sb->s_flags & SB_KERNMOUNT);
}

/* The path of an object that exists; tag NULL: by its name, whoever made it. */
INLINE void cell_path(struct tsem_event *e, const struct path *path, const struct tsem_created *tag, bool portable)
{
	struct dentry *dentry = READ_ONLY(struct path, path)->dentry;
	__u64 magic = dentry->d_sb->s_magic;
	__u32 length;
	bool deleted;

	cell_path_head(e, dentry, real_mount(READ_ONLY(struct path, path)->mnt),
		       (struct path_place){.path = tag ? path : 0, .above = 1}, portable);
	cell_u8(e, tag ? TSEM_PATH_CREATED : TSEM_PATH_PLAIN);
	if (unknown(portable, e->options) && (path_print_nameless(e, magic) || segment_print(e, dentry)))
		return;
	if (dentry_nameless(dentry))
		event_fail(e, TSEM_FAILURE_path);
	length = path_print(e, path);
	deleted = path_deleted(e, dentry, length);
	if (tag)
		length = directory_length(dentry, deleted ? length - DELETED_SIZE : length);
	else
		length = path_unnumber(e, dentry, deleted ? path_undelete(e, dentry, length) : length);
	path_close(e, dentry, length);
	if (tag)
		cell_created(e, tag);
}

/* Of what is about to be made without its name: it has no number yet. */
INLINE void cell_creating(struct tsem_event *e, const struct tsem_task *maker)
{
	cell_u64(e, 0);
	cell_digest(e, maker->task_id);
}

/*
 * The path of a directory entry, of which the object may not exist yet; with a
 * maker it is about to be made by that task, and does not exist.
 */
INLINE void cell_entry(struct tsem_event *e, const struct path *dir, struct dentry *dentry, struct tsem_task *maker,
		       bool portable)
{
	struct tsem_created *tag = entry_tag(dentry, e->record.context);
	__u32 length, name = dentry->d_name.len;
	bool nameless;
	__u8 *tail;

	cell_path_head(e, READ_ONLY(struct path, dir)->dentry, real_mount(READ_ONLY(struct path, dir)->mnt),
		       (struct path_place){.path = dir}, portable);
	cell_u8(e, TSEM_PATH_PLAIN);
	length = path_print(e, dir);
	length = path_unnumber(e, READ_ONLY(struct path, dir)->dentry, length);
	nameless = maker && !tag &&
		   (directory_common(e, READ_ONLY(struct path, dir)->dentry, length) || socket_below(e, maker));
	if (maker)
		maker->creating_nameless = nameless;
	if (tag || nameless) {
		cell_tail(e)[-1] = TSEM_PATH_CREATED;
		path_close(e, 0, length);
		if (tag)
			cell_created(e, tag);
		else if (maker)
			cell_creating(e, maker);
		return;
	}
	if (length == 1)
		length = 0; /* the root directory: its slash is the separator */
	if (name > ENTRY_NAME_MAX || length + name >= TSEM_PATH_MAX) {
		event_fail(e, TSEM_FAILURE_path);
		name = 0;
	}
	tail = cell_tail(e) + 4 + length;
	tail[0] = '/';
	if (bpf_probe_read_kernel(tail + 1, TSEM_BOUND(name, ENTRY_NAME_MAX),
				  READ_ONLY(struct dentry, dentry)->d_name.name))
		event_fail(e, TSEM_FAILURE_field);
	if (e->below)
		e->below += 1 + name;
	path_close(e, dentry, length + 1 + name);
}

INLINE void cell_dentry(struct tsem_event *e, const struct path *dir, struct dentry *dentry, struct tsem_task *maker,
			bool portable)
{
	bool positive = dentry_positive(dentry);

	cell_u8(e, positive);
	if (positive)
		cell_inode(e, READ_ONLY(struct dentry, dentry)->d_inode, portable);
	cell_entry(e, dir, dentry, maker, portable);
}

INLINE bool content_failure(__u32 failure)
{
	return failure == TSEM_FAILURE_digest || failure == TSEM_FAILURE_changing;
}

/*
 * The file was just described: where its path has a pseudonym, this takes the
 * place of its content, whatever that is and whether or not it can be read. One
 * that was not asked for stays zeros.
 */
__attribute__((noinline)) int pseudonym_put(struct tsem_event *e)
{
	__u32 size, *length;
	__u64 *digest, *found;
	void *pseudonyms;
	__u8 *key;

	if (!e || !e->path || e->record.cell_size < TSEM_DIGEST_SIZE)
		return 0;
	pseudonyms = of_slot(&tsem_pseudonyms, e->slot);
	length = (__u32 *)(e->cell + TSEM_BOUND(e->path, TSEM_CELL_MAX - 1));
	size = *length;
	digest = (__u64 *)(e->cell + TSEM_BOUND(e->record.cell_size - TSEM_DIGEST_SIZE, TSEM_CELL_MAX - 1));
	if (!pseudonyms || size >= TSEM_PSEUDONYM_PATH ||
	    (!(digest[0] | digest[1] | digest[2] | digest[3]) && !content_failure(e->record.failure)))
		return 0;
	key = e->cell + TSEM_CELL_MAX + TSEM_PATH_MAX + 1 - TSEM_PSEUDONYM_PATH; /* in the slack */
	__builtin_memset(key, 0, TSEM_PSEUDONYM_PATH);
	bpf_probe_read_kernel(key, TSEM_BOUND(size, TSEM_PSEUDONYM_PATH - 1), length + 1);
	found = bpf_map_lookup_elem(pseudonyms, key);
	if (!found)
		return 0;
	tsem_digest_copy(digest, found);
	if (content_failure(e->record.failure))
		e->record.failure = 0;
	return 0;
}

INLINE void cell_file(struct tsem_event *e, struct file *file, const __u8 *digest, bool portable)
{
	struct inode *inode = file->f_inode;

	cell_u32(e, file->f_flags & FILE_FLAGS);
	cell_inode(e, inode, portable);
	cell_path(e, &file->f_path, created_tag(inode, e->record.context), portable);
	cell_digest(e, digest);
	if (e->options & TSEM_OPTION_PSEUDONYMS)
		pseudonym_put(e);
}

#define SOCKET_ELSEWHERE 0x80000000u /* of another network namespace than the task's */
#define SOCKET_SIX_ONLY 0x40000000u /* of IPv6, and has no part in IPv4 */

INLINE __u32 socket_bits(const struct sock *sk)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	const struct sock_common *common = &sk->__sk_common;
	__u32 bits = common->skc_net.net != task->nsproxy->net_ns ? SOCKET_ELSEWHERE : 0;

	return common->skc_family == AF_INET6 && BPF_CORE_READ_BITFIELD(common, skc_ipv6only) ? bits | SOCKET_SIX_ONLY :
												bits;
}

INLINE void cell_sk(struct tsem_event *e, struct sock *sk)
{
	struct tsem_owner *owner;

	cell_u32(e, sk->__sk_common.skc_family);
	cell_u32(e, sk->sk_type | socket_bits(sk));
	cell_u32(e, sk->sk_protocol);
	owner = bpf_sk_storage_get(&tsem_sockets, sk, 0, 0);
	if (owner && owner->context == e->record.context)
		cell_digest(e, owner->owner);
	else
		cell_zeros(e, TSEM_DIGEST_SIZE); /* created outside the namespace */
}

INLINE void cell_sock(struct tsem_event *e, struct socket *socket)
{
	struct sock *sk = socket->sk;

	if (sk)
		cell_sk(e, sk);
	else
		cell_zeros(e, 12 + TSEM_DIGEST_SIZE);
}

INLINE void coe_fill(struct tsem_coe *coe, const struct cred *cred, __u32 options)
{
	coe->uid = cred->uid.val;
	coe->euid = cred->euid.val;
	coe->suid = cred->suid.val;
	coe->gid = cred->gid.val;
	coe->egid = cred->egid.val;
	coe->sgid = cred->sgid.val;
	coe->fsuid = cred->fsuid.val;
	coe->fsgid = cred->fsgid.val;
	coe->capeff = cred->cap_effective.val;
	if (options & TSEM_OPTION_IDS_CURRENT)
		coe_ids_show(coe);
}

INLINE void cell_creds(struct tsem_event *e, const struct cred *cred)
{
	struct tsem_coe coe;

	coe_fill(&coe, cred, e->options);
	tsem_words_copy(cell_tail(e), &coe, sizeof(coe));
	cell_advance(e, sizeof(coe));
	cell_u32(e, cred->securebits);
}

#endif
