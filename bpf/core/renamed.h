/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Somebody may change a name, or that of a directory above, between the moment when a call finds a file by it and the one
 * when the file is described: then it would be described by a name that nobody has asked for. The kernel counts changes
 * of names, and a walk keeps the count that it began with. If they differ, what the model does not have is looked for
 * once more. If names have changed then, too, it is refused and recorded, and punished only where the namespace changes
 * names itself.
 */
#ifndef TSEM_BPF_RENAMED_H
#define TSEM_BPF_RENAMED_H

#include "kernel.h"
#include "../../abi/limits.h"

#define AGAIN_FIRST 1 /* the kernel can look once more */
#define AGAIN_LATE 2 /* it has done so, or cannot */
#define LINKS_ONCE 20 /* half of the links that a call may follow: the second look goes on counting them */

#define RENAMED_NS 1000000000ULL

/* By slot: when a task of the namespace last changed a name. */
volatile __u64 tsem_renamed[TSEM_NAMESPACE_MAX];

INLINE void renamed_note(__u32 slot)
{
	if (slot < TSEM_NAMESPACE_MAX)
		tsem_renamed[slot] = bpf_ktime_get_ns();
}

INLINE bool renamed_here(__u32 slot)
{
	return slot >= TSEM_NAMESPACE_MAX || bpf_ktime_get_ns() - tsem_renamed[slot] < RENAMED_NS;
}

/* Of the kernel: written to around every change of a name. */
extern const void rename_lock __ksym __weak;

INLINE __u32 names_again(const struct file *file)
{
	const struct nameidata *name = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;

	if (!name || !&rename_lock || !bpf_core_field_exists(name->r_seq) || file->f_mode & FMODE_CREATED)
		return 0;
	name = READ_ONLY(struct nameidata, name);
	if (name->r_seq == READ_ONLY(struct seqcount, &rename_lock)->sequence)
		return 0;
	return name->flags & LOOKUP_REVAL || name->total_link_count > LINKS_ONCE ? AGAIN_LATE : AGAIN_FIRST;
}

#endif
