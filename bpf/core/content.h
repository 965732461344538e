/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Content digests of files, once per version of a file. A digest is kept only
 * when nobody had the file open for writing before and after it was read, and
 * holds while nobody opens it for writing or truncates it again: both are
 * counted here for every task of the machine. A writable mapping keeps the file
 * open for writing. Change time and size are compared too, for file systems
 * that somebody else changes.
 *
 * Memory with a descriptor (memfd, System V) is written to by descriptors that
 * were never opened and are counted nowhere, and through mappings that move no
 * time. Only a seal against writing makes its content certain.
 */
#ifndef TSEM_BPF_CONTENT_H
#define TSEM_BPF_CONTENT_H

#include "describe.h"

INLINE bool content_sealed(const struct inode *inode)
{
	const struct shmem_inode_info *info = (void *)inode - bpf_core_field_offset(struct shmem_inode_info, vfs_inode);

	return READ_ONLY(struct shmem_inode_info, info)->seals & F_SEAL_WRITE;
}

static __attribute__((noinline)) bool content_quiet(const struct inode *object)
{
	const struct inode *inode = READ_ONLY(struct inode, object);
	__u64 magic = inode->i_sb->s_magic;

	if (inode->i_writecount.counter > 0)
		return 0;
	if (!(inode->i_sb->s_flags & SB_KERNMOUNT))
		return 1;
	return magic != HUGETLBFS_MAGIC && (magic != TMPFS_MAGIC || content_sealed(inode));
}

INLINE bool content_holds(const struct tsem_content *c, const struct inode *inode)
{
	return c->digested == c->openings + 1 && c->ctime_sec == inode->i_ctime_sec &&
	       c->ctime_nsec == inode->i_ctime_nsec && c->size == inode->i_size && content_quiet(inode);
}

/* NULL when no digest is known that holds now. */
INLINE struct tsem_content *content_kept(struct inode *inode)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	return c && content_holds(c, inode) ? c : 0;
}

/* Version of the digest that holds for the file now, 0 when there is none. */
INLINE __u64 content_version(struct inode *inode)
{
	struct tsem_content *c = content_kept(inode);

	return c ? c->version : 0;
}

/* Only what is known already. */
INLINE __u32 content_known(struct inode *inode, __u8 *ret_digest)
{
	struct tsem_content *c = content_kept(inode);

	if (!c)
		return TSEM_FAILURE_digest;
	tsem_digest_copy(ret_digest, c->digest);
	return 0;
}

/* Somebody, in a namespace or not, is about to change the file. */
INLINE void content_changes(struct inode *inode)
{
	struct tsem_content *c = bpf_inode_storage_get(&tsem_contents, inode, 0, 0);

	if (c)
		__sync_fetch_and_add(&c->openings, 1);
}

/*
 * Digest of the whole file, 0 or a TSEM_FAILURE_. A file that was created in
 * the namespace has the zero digest, which is what ret_digest holds. While the file is read the
 * task is not acting for itself: hooks that fire then are not its events. What
 * runs must not change any more: a digest of what can be replaced a moment later
 * says nothing.
 */
INLINE __u32 content_digest(struct file *file, struct tsem_task *t, bool runs, __u8 *ret_digest)
{
	struct inode *inode = file->f_inode;
	struct tsem_content *c, seen = {};
	long algorithm;
	bool quiet;

	if (created_tag(inode, t->context))
		return 0;
	if (!content_known(inode, ret_digest))
		return 0;
	c = bpf_inode_storage_get(&tsem_contents, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!c)
		return TSEM_FAILURE_storage;
	seen.openings = c->openings;
	seen.ctime_sec = inode->i_ctime_sec;
	seen.ctime_nsec = inode->i_ctime_nsec;
	seen.size = inode->i_size;
	quiet = content_quiet(inode);
	t->internal = 1;
	algorithm = bpf_ima_file_hash(file, ret_digest, TSEM_DIGEST_SIZE);
	t->internal = 0;
	if (algorithm != HASH_ALGO_SHA256)
		return TSEM_FAILURE_digest;
	if (!quiet || !content_quiet(inode))
		return runs ? TSEM_FAILURE_changing : 0;
	c->digested = 0;
	__sync_fetch_and_add(&c->version, 1);
	tsem_digest_copy(c->digest, ret_digest);
	c->ctime_sec = seen.ctime_sec;
	c->ctime_nsec = seen.ctime_nsec;
	c->size = seen.size;
	c->digested = seen.openings + 1;
	return 0;
}

#endif
