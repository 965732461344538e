/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Somebody may change a name, or that of a directory above, between the moment when a call finds a file by it and the one
 * when the file is described: then it would be described by a name that nobody has asked for. The kernel counts changes
 * of names, and a walk keeps the count that it began with. If they differ, what the model does not have is looked for
 * once more. If names have changed then, too, it is refused and recorded, and punished only where the namespace changes
 * names itself. Such a namespace can also see to it that the second look never comes to the file, so that nothing would
 * be recorded at all: it gets no more of them when a few have not come.
 */
#ifndef TSEM_BPF_RENAMED_H
#define TSEM_BPF_RENAMED_H

#include "kernel.h"
#include "../../abi/limits.h"
#include "../../abi/namespace.h"

#define AGAIN_FIRST 1 /* the kernel can look once more */
#define AGAIN_LATE 2 /* it has done so, or cannot */
#define LINKS_ONCE 20 /* half of the links that a call may follow: the second look goes on counting them */

#define RENAMED_NS 1000000000ULL
#define LOOKS_MAX 4 /* second looks that need not come, in LOOKS_S seconds */
#define LOOKS_S 60

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

/* By slot: number of second looks that were asked for and have not come, and the second when the first of them was. */
volatile struct {
	__u32 since;
	__s32 count; /* below 0 when two tasks take one away at the same time */
} tsem_looks[TSEM_NAMESPACE_MAX];

/* It is asked. */
INLINE void look_promised(struct tsem_task *t)
{
	__u32 slot = t->slot;

	if (slot < TSEM_NAMESPACE_MAX && renamed_here(slot))
		__sync_fetch_and_add(&tsem_looks[slot].count, 1);
	t->looks = 1;
}

/*
 * The task looks for a name, a second time or for the first time: then what it was to look for has not come. Returns
 * whether the kernel may be asked to look once more.
 */
INLINE bool look_comes(struct tsem_task *t, bool second)
{
	__u32 slot = t->slot, now = bpf_ktime_get_ns() / 1000000000;

	if (slot >= TSEM_NAMESPACE_MAX)
		return 0;
	if (t->looks && second && tsem_looks[slot].count > 0)
		__sync_fetch_and_add(&tsem_looks[slot].count, -1);
	t->looks = 0;
	if (now - tsem_looks[slot].since > LOOKS_S) {
		tsem_looks[slot].since = now;
		tsem_looks[slot].count = 0;
	}
	return tsem_looks[slot].count < LOOKS_MAX || !renamed_here(slot);
}

/* Of the kernel: written to around every change of a name. */
extern const void rename_lock __ksym __weak;

INLINE __u32 names_again(struct tsem_task *t, const struct file *file)
{
	const struct nameidata *name = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->nameidata;
	bool granted;

	if (!name || !&rename_lock || !bpf_core_field_exists(name->r_seq) || file->f_mode & FMODE_CREATED)
		return 0;
	name = READ_ONLY(struct nameidata, name);
	granted = look_comes(t, name->flags & LOOKUP_REVAL);
	if (name->r_seq == READ_ONLY(struct seqcount, &rename_lock)->sequence)
		return 0;
	if (name->flags & LOOKUP_REVAL || name->total_link_count > LINKS_ONCE)
		return AGAIN_LATE;
	return granted ? AGAIN_FIRST : AGAIN_LATE;
}

#endif
