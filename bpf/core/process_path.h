/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths in a /proc without the numbers that differ from run to run: of the
 * process itself "self", of another "[pid]", of a thread "[tid]"; terminals
 * (normalise.h) likewise "[own]" and "[tty]". The path is at the tail of the
 * CELL, behind the room for its length; all offsets are in it. Functions of
 * their own, so that the verifier walks each once.
 */
#ifndef TSEM_BPF_PROCESS_PATH_H
#define TSEM_BPF_PROCESS_PATH_H

#include "kernel.h"
#include "who.h"
#include "../../engine/event.h"

#define TASK_PREFIX 6 /* "/task/" */
#define PATH_NEAR 255 /* what is replaced begins before here */
#define DIGITS_MAX 10

enum { WORD_SELF, WORD_PID, WORD_TID, WORD_OWN, WORD_TTY };

INLINE __u8 *path_at(struct tsem_event *e, __u32 offset)
{
	return cell_tail(e) + 4 + (offset & TSEM_PATH_MAX);
}

struct path_number {
	__u32 digits; /* 0: no number here */
	__u32 value;
};

static long digit_read(__u32 turn, void *context)
{
	struct path_number *number = *(struct path_number **)context;
	const __u8 *string = *((const __u8 **)context + 1);
	__u8 digit = string[turn & 15] - '0';

	if (digit > 9)
		return 1;
	number->value = number->value * 10 + digit;
	number->digits++;
	return 0;
}

/* The number at offset, if a slash or the end of the path follows it: its digits, and its value times 16. */
__attribute__((noinline)) int path_number(struct tsem_event *e, __u32 offset, __u32 length)
{
	struct path_number number = {};
	struct {
		struct path_number *number;
		const __u8 *string;
	} context = {.number = &number};
	__u8 *string;

	if (!e)
		return 0;
	string = cell_tail(e) + 4 + (offset & TSEM_PATH_MAX);
	context.string = string;
	bpf_loop(DIGITS_MAX, digit_read, &context, 0);
	if (offset + number.digits < length && string[number.digits & 15] != '/')
		return 0;
	return number.digits & 15 ? (int)((number.value << 4) | (number.digits & 15)) : 0;
}

/* Puts a word in the place of the digits at offset; the rest of the path moves over the slack. Returns the new length. */
__attribute__((noinline)) int path_replace(struct tsem_event *e, __u32 offset, __u32 digits, __u32 length, __u32 word)
{
	__u32 rest = length - offset - digits, size = word == WORD_SELF ? 4 : 5;
	__u8 *string, *slack;

	if (!e)
		return 0;
	offset &= PATH_NEAR; /* a whole path fits behind */
	string = cell_tail(e) + 4;
	slack = e->cell + TSEM_CELL_MAX;
	bpf_probe_read_kernel(slack, TSEM_BOUND(rest, TSEM_PATH_MAX), string + offset + (digits & 15));
	if (word == WORD_SELF)
		__builtin_memcpy(string + offset, "self", 4);
	else if (word == WORD_PID)
		__builtin_memcpy(string + offset, "[pid]", 5);
	else if (word == WORD_TID)
		__builtin_memcpy(string + offset, "[tid]", 5);
	else if (word == WORD_OWN)
		__builtin_memcpy(string + offset, "[own]", 5);
	else
		__builtin_memcpy(string + offset, "[tty]", 5);
	bpf_probe_read_kernel(string + offset + size, TSEM_BOUND(rest, TSEM_PATH_MAX), slack);
	return offset + size + rest;
}

/*
 * The number of the process in the /proc that the entry is in, 0 when it has
 * none there. Another PID namespace can have given the same number to others.
 */
INLINE __u32 own_number(const struct dentry *dentry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	struct proc_fs_info *info = BPF_CORE_READ(dentry, d_sb, s_fs_info);
	struct pid_namespace *ns = BPF_CORE_READ(info, pid_ns);
	__u32 level = BPF_CORE_READ(ns, level);
	struct upid *upid = upid_of(pid, level);

	if (level > BPF_CORE_READ(pid, level) || BPF_CORE_READ(upid, ns) != ns)
		return 0;
	return BPF_CORE_READ(upid, nr);
}

INLINE bool path_has(struct tsem_event *e, __u32 offset, const char *word, __u32 size)
{
	const __u8 *string = cell_tail(e) + 4 + (offset & TSEM_PATH_MAX);

	for (__u32 i = 0; i < size; i++)
		if (string[i] != word[i])
			return 0;
	return 1;
}

/* Returns the path's new length. */
INLINE int thread_path(struct tsem_event *e, __u32 offset, __u32 length)
{
	__u32 tid;

	if (!e || offset + TASK_PREFIX >= length || !path_has(e, offset, "/task/", TASK_PREFIX))
		return length;
	tid = path_number(e, offset + TASK_PREFIX, length);
	return tid ? path_replace(e, offset + TASK_PREFIX, tid & 15, length, WORD_TID) : length;
}

#define NAMESPACE_NAME_MAX 31

/* How much there is up to the bracket. */
INLINE __u32 bracket_find(const __u8 *string)
{
	__u32 size = NAMESPACE_NAME_MAX;
	struct bpf_iter_num turns;
	int *turn;

	bpf_iter_num_new(&turns, 0, NAMESPACE_NAME_MAX);
	while (size == NAMESPACE_NAME_MAX && (turn = bpf_iter_num_next(&turns)))
		if (string[*turn & 31] == '[')
			size = *turn & 31;
	bpf_iter_num_destroy(&turns);
	return size;
}

/* The kernel's namespaces of the task itself. */
INLINE bool own_namespace(__u64 ns)
{
	struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct nsproxy *proxy = task->nsproxy;
	const struct cred *cred = task->cred;

#define OWN(object, type) (ns == (__u64)(object) + bpf_core_field_offset(struct type, ns))
	return OWN(proxy->uts_ns, uts_namespace) || OWN(proxy->ipc_ns, ipc_namespace) ||
	       OWN(proxy->mnt_ns, mnt_namespace) || OWN(proxy->pid_ns_for_children, pid_namespace) ||
	       OWN(proxy->net_ns, net) || OWN(proxy->time_ns, time_namespace) ||
	       OWN(proxy->cgroup_ns, cgroup_namespace) || OWN(cred->user_ns, user_namespace);
#undef OWN
}

/* The kernel's namespaces have numbers for names, which it makes up: "net:[own]", "net:[else]". Returns the new length. */
__attribute__((noinline)) int namespace_path(struct tsem_event *e, __u64 dentry, __u32 length)
{
	__u8 *string;
	__u32 size;
	bool own;

	if (!e)
		return length;
	string = cell_tail(e) + 4;
	if (string[0] == '/')
		return length; /* bound somewhere: somebody gave it that name */
	size = bracket_find(string);
	if (size >= length || size >= NAMESPACE_NAME_MAX)
		return length;
	own = own_namespace((__u64)READ_ONLY(struct dentry, (void *)dentry)->d_inode->i_private);
	e->own = 1;
	if (own)
		__builtin_memcpy(string + (size & 31), "[own]", 5);
	else
		__builtin_memcpy(string + (size & 31), "[else]", 6);
	return size + (own ? 5 : 6);
}

struct top_search {
	struct dentry *dentry;
	__u32 size; /* of the path below the root of the file system */
};

static __attribute__((noinline)) long top_step(__u32 turn, void *context)
{
	struct top_search *s = context;
	struct dentry *dentry = s->dentry, *parent = BPF_CORE_READ(dentry, d_parent);

	if (parent == dentry)
		return 1;
	s->size += BPF_CORE_READ(dentry, d_name.len) + 1;
	s->dentry = parent;
	return 0;
}

#define PROC_DEPTH_MAX 16

/*
 * Wherever that /proc is mounted: the number is the first name below the root
 * of the file system. Returns the path's new length.
 */
__attribute__((noinline)) int process_path(struct tsem_event *e, __u64 dentry, __u32 length)
{
	struct top_search s = {.dentry = (struct dentry *)dentry};
	__u32 pid, value, offset;
	bool own;

	if (!e)
		return length;
	bpf_loop(PROC_DEPTH_MAX, top_step, &s, 0);
	offset = length - s.size + 1;
	if (s.size < 2 || s.size > length || offset > PATH_NEAR)
		return length;
	pid = path_number(e, offset, length);
	if (!pid)
		return length;
	value = pid >> 4;
	e->own = 1;
	own = value == own_number((const struct dentry *)dentry);
	length = path_replace(e, offset, pid & 15, length, own ? WORD_SELF : WORD_PID);
	return thread_path(e, offset + (own ? 4 : 5), length);
}

#endif
