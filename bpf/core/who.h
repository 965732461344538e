/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether the number that stands for who a task is still does: its TASK_IDs
 * change with an exec, which takes the number away, and what it may do is
 * compared each time. Credentials are compared by what they are and not by where they lie: the
 * same memory may be others' by now.
 */
#ifndef TSEM_BPF_WHO_H
#define TSEM_BPF_WHO_H

#include "kernel.h"
#include "../../abi/namespace.h"

/* Any struct of the kernel that begins with two numbers shows the verifier that these may be read. */
#define WORDS(address) READ_ONLY(struct timespec64, address)

INLINE bool ids_adjoin(const struct cred *cred)
{
	return bpf_core_field_offset(cred->fsgid) - bpf_core_field_offset(cred->uid) == 28;
}

/* Its own fields are read at once; only what they point to is read with care. */
INLINE struct task_struct *own_task(void)
{
	return bpf_get_current_task_btf();
}

INLINE const struct cred *own_cred(void)
{
	return own_task()->cred;
}

INLINE struct upid *upid_of(const struct pid *pid, __u32 level)
{
	return (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
}

/* The number of each of the kernel's namespaces that the task is in, in the order of TSEM_SPACES. */
INLINE void spaces_find(__u32 *ret_spaces)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, own_task());
	const struct pid *pid = task->thread_pid;

	ret_spaces[TSEM_SPACE_NETWORK] = task->nsproxy->net_ns->ns.inum;
	ret_spaces[TSEM_SPACE_HOST] = task->nsproxy->uts_ns->ns.inum;
	ret_spaces[TSEM_SPACE_IPC] = task->nsproxy->ipc_ns->ns.inum;
	ret_spaces[TSEM_SPACE_PROCESS] = READ_ONLY(struct upid, upid_of(pid, pid->level))->ns->ns.inum;
}

/* 0 or 1. Without a branch: the verifier would look at all behind it twice. */
INLINE __u64 one_if(__u32 number)
{
	__u64 negative = -(__u64)number;

	asm volatile("" : "+r"(negative));
	return negative >> 63;
}

/* The bits of capeff of the namespaces that are others than those where it began. */
INLINE __u64 spaces_away(const struct tsem_namespace *ns)
{
	__u32 spaces[TSEM_SPACE_COUNT];
	__u64 away = 0;

	spaces_find(spaces);
	for (int i = 0; i < TSEM_SPACE_COUNT; i++)
		away |= (one_if(ns->homes[i]) & one_if(ns->homes[i] ^ spaces[i])) * TSEM_SPACE_BIT(i);
	return away;
}

INLINE void creds_keep(struct tsem_task *t, const struct cred *cred)
{
	spaces_find(t->spaces);
	bpf_probe_read_kernel(t->creds, 32, &cred->uid);
	t->creds[4] = cred->cap_effective.val;
}

INLINE void creds_note(struct tsem_task *t)
{
	creds_keep(t, READ_ONLY(struct task_struct, own_task())->cred);
}

INLINE bool who_holds(const struct tsem_task *t)
{
	const struct cred *cred = READ_ONLY(struct cred, own_cred());
	const void *ids = &cred->uid;
	__u32 spaces[TSEM_SPACE_COUNT];
	__u64 different;

	if (!t->who || !ids_adjoin(cred))
		return 0;
	different = t->creds[0] ^ WORDS(ids)->tv_sec;
	different |= t->creds[1] ^ WORDS(ids)->tv_nsec;
	different |= t->creds[2] ^ WORDS(ids + 16)->tv_sec;
	different |= t->creds[3] ^ WORDS(ids + 16)->tv_nsec;
	different |= t->creds[4] ^ cred->cap_effective.val;
	spaces_find(spaces);
	for (int i = 0; i < TSEM_SPACE_COUNT; i++)
		different |= t->spaces[i] ^ spaces[i];
	return !different;
}

#endif
