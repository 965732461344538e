/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the hooks do beside describing, for the model: digests of contents, files that run, creators, bindings, guards.
 * All of that is done once, by the other programs on the same hooks; to agents it is nothing. The names are those of
 * the headers of bpf/core/ whose place this takes.
 */
#ifndef TSEM_BPF_AGENT_STUBS_H
#define TSEM_BPF_AGENT_STUBS_H

#include "task.h"
#include "../core/describe.h"

/* ---- content.h ---- */
#define TSEM_BPF_CONTENT_H
#define TSEM_BPF_LAYERS_H

INLINE __u64 content_version(struct inode *inode)
{
	return 0;
}

INLINE __u32 content_digest(struct file *file, struct tsem_task *t, bool runs, __u8 *ret_digest)
{
	return 0;
}

INLINE struct tsem_content *content_asks(struct inode *inode)
{
	return 0;
}

INLINE bool ring_unnoted(const struct qstr *name, __u64 context)
{
	return 0;
}

INLINE void ring_used(const struct tsem_task *t, struct task_struct *task)
{
}

INLINE bool content_runs(struct inode *inode, const struct tsem_task *t)
{
	return 1;
}

INLINE bool content_running(struct inode *inode)
{
	return 0;
}

INLINE bool content_running_itself(struct inode *inode)
{
	return 0;
}

INLINE bool content_busy(struct inode *inode)
{
	return 0;
}

INLINE void *content_overlay(const struct inode *inode)
{
	return 0;
}

INLINE const struct inode *content_under(const struct inode *inode)
{
	return 0;
}

INLINE __u32 code_place(const struct inode *inode)
{
	return 0;
}

INLINE bool scripts_push(__u64 *scripts, __u64 place)
{
	return 1;
}

INLINE bool scripts_add(__u64 *scripts, const struct inode *inode)
{
	return 1;
}

/* An argument that is used for nothing the compiler would leave out, and the verifier wants it. */
INLINE bool content_below(struct inode *inode, __u64 overlay)
{
	asm volatile("" ::"r"(overlay));
	return 1;
}

INLINE bool content_unnoted(const struct tsem_task *t)
{
	return 0;
}

INLINE bool content_mapped(struct file *file, const struct tsem_task *t)
{
	return 1;
}

INLINE bool content_written(struct inode *inode, const struct tsem_task *t)
{
	return 1;
}

INLINE bool content_written_above(struct inode *inode, const struct tsem_task *t)
{
	return 1;
}

#define content_changes(...) ((void)0)
#define content_cut(...) ((void)0)
#define content_look(...) ((void)0)
#define code_note(...) ((void)0)
#define codes_forget(...) ((void)0)
#define scripts_count(...) ((void)0)
#define scripts_drop(...) ((void)0)
#define scripts_take(...) ((void)0)

/* ---- created.h ---- */
#define TSEM_BPF_CREATED_H
#define created_mark(...) 0

/* ---- binding.h ---- */
#define TSEM_BPF_BINDING_H
#define binding_joins(file) 0

/* ---- guard.h ---- */
#define TSEM_BPF_GUARD_H
#define GUARDED(dentry) 0
#define file_guarded(file) 0
#define map_guarded(map) 0
#define prog_guarded(prog) 0
#define bpf_guarded(cmd, attr) 0
#define descriptor_guarded(file) 0
#define ioctl_guarded(cmd) 0
#define device_guarded(dentry) 0
#define entry_refuse(dentry) 0
#define unmount_guarded(mnt, flags) 0
#define move_guarded(flags) 0
#define mounted_guarded(path) 0
#define place_guarded(path) 0

#endif
