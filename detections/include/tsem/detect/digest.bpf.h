/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Digests of contents, and a set of them, which `--digests FILE` replaces in one step. In hooks that may sleep
 * (lsm.s/HOOK). The kernel reads the whole file. The digest is kept with the file, and holds as long as nobody has it
 * open for writing, and its time of change and its size are the same. That time has a grain of some milliseconds: a
 * digest is kept only when the file had not changed for longer than that. Of a file system in memory nothing is kept:
 * its pages can be written to, by a request that holds them, when nobody has the file open any more. What a program of a
 * user serves is not read: it need not answer, and until it does nothing of BPF is freed on the whole machine.
 */
#ifndef TSEM_DETECT_DIGEST_BPF_H
#define TSEM_DETECT_DIGEST_BPF_H

#include "frame.bpf.h"
#include "kernel.h"
#include "layers.h"
#include "served.h"

#define TSEM_DIGEST_LARGEST (256LL << 20) /* the kernel cannot be interrupted while it reads; counted as failed */
#define DIGEST_GRAIN 50000000ULL

struct tsem_digest_note {
	__u64 version; /* odd: somebody writes */
	__s64 ctime_sec;
	__s64 size;
	__u64 seen; /* when it first was as it is */
	__u32 ctime_nsec;
	__u32 known;
	__u8 digest[TSEM_DIGEST_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_digest_note);
} tsem_digest_notes SEC(".maps");

struct tsem_digest_set {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, TSEM_DIGEST_SIZE);
	__uint(value_size, 1);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct tsem_digest_set);
} tsem_list SEC(".maps");

INLINE bool tsem_list_given(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tsem_list, &zero);
}

INLINE bool tsem_listed(const __u8 *digest)
{
	__u32 zero = 0;
	void *set = bpf_map_lookup_elem(&tsem_list, &zero);

	return set && bpf_map_lookup_elem(set, digest);
}

INLINE bool digest_same(const struct tsem_digest_note *note, const struct inode *inode)
{
	return note->ctime_sec == inode->i_ctime_sec && note->ctime_nsec == inode->i_ctime_nsec &&
	       note->size == inode->i_size && inode->i_writecount.counter <= 0;
}

INLINE bool digest_known(struct tsem_digest_note *note, const struct inode *inode, __u8 *ret_digest)
{
	__u64 version = *(volatile __u64 *)&note->version;

	if (version & 1 || !note->known || !digest_same(note, inode))
		return 0;
	__builtin_memcpy(ret_digest, note->digest, TSEM_DIGEST_SIZE);
	return *(volatile __u64 *)&note->version == version;
}

/* Whoever finds that somebody else writes leaves it. */
INLINE bool note_begin(struct tsem_digest_note *note)
{
	__u64 version = *(volatile __u64 *)&note->version;

	return !(version & 1) && __sync_val_compare_and_swap(&note->version, version, version + 1) == version;
}

INLINE void note_end(struct tsem_digest_note *note)
{
	__sync_fetch_and_add(&note->version, 1);
}

INLINE void digest_begin(struct tsem_digest_note *note, const struct inode *inode)
{
	if (digest_same(note, inode) || !note_begin(note))
		return;
	note->ctime_sec = inode->i_ctime_sec;
	note->ctime_nsec = inode->i_ctime_nsec;
	note->size = inode->i_size;
	note->seen = bpf_ktime_get_ns();
	note->known = 0;
	note_end(note);
}

INLINE void digest_keep(struct tsem_digest_note *note, const struct inode *inode, __u64 asked, const __u8 *digest)
{
	if (asked < note->seen + DIGEST_GRAIN || !digest_same(note, inode) || !note_begin(note))
		return;
	__builtin_memcpy(note->digest, digest, TSEM_DIGEST_SIZE);
	note->known = digest_same(note, inode);
	note_end(note);
}

/* NULL: its digest is not kept. content: the file that has the content of the other one. */
INLINE struct tsem_digest_note *digest_note_of(struct inode *inode, const struct inode *content)
{
	__u64 type = content->i_sb->s_magic;

	if (type == TMPFS_MAGIC || type == RAMFS_MAGIC || content_overlaid(content))
		return 0;
	return bpf_inode_storage_get(&tsem_digest_notes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* SHA-256 of the content. False: it is no regular file, too large, or cannot be read; the last two are counted. */
INLINE bool tsem_digest(struct file *file, __u8 *ret_digest)
{
	struct inode *inode = file->f_inode;
	struct tsem_digest_note *note;
	const struct inode *content;
	__u64 now = bpf_ktime_get_ns();

	if (!inode || (inode->i_mode & S_IFMT) != S_IFREG)
		return 0;
	if (inode->i_size > TSEM_DIGEST_LARGEST) {
		tsem_failed();
		return 0;
	}
	content = content_real(inode);
	if (served_by_user(content->i_sb, 1)) {
		tsem_failed();
		return 0;
	}
	note = digest_note_of(inode, content);
	if (note && digest_known(note, content, ret_digest))
		return 1;
	if (note)
		digest_begin(note, content);
	if (bpf_ima_file_hash(file, ret_digest, TSEM_DIGEST_SIZE) != HASH_ALGO_SHA256) {
		tsem_failed();
		return 0;
	}
	if (note)
		digest_keep(note, content, now, ret_digest);
	return 1;
}

#endif
