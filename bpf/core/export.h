/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Waiting for room in the ring of an exporting namespace. A hook that may sleep
 * waits before its event while less than half of the ring is free; the other
 * half is for the hooks that may not. Nobody waits longer than a second, nor
 * again before the reader has read: a reader that died costs losses, which are
 * counted, and does not stop the machine.
 */
#ifndef TSEM_BPF_EXPORT_H
#define TSEM_BPF_EXPORT_H

#include "kernel.h"
#include "maps.h"

#define WAIT_NS 1000000000ULL
#define WAIT_TRIES (1 << 22)

#define NOWHERE (1ULL << 63) /* no process has memory there */

struct export_wait {
	__u64 until;
	__u32 slot;
	__u32 room;
	__u32 reader; /* the process that empties the ring */
};

INLINE bool ring_has_room(__u32 slot)
{
	void *ring = of_slot(&tsem_rings, slot);

	return !ring || bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 2;
}

/*
 * Asking for the memory of a process is a point at which others get the CPU, whatever the kernel's preemption. It is the
 * reader's memory, and none that it has: the kernel holds locks of others in many hooks, and a task could see to it
 * that its own memory never answers. False: there is no reader.
 */
INLINE bool yield(__u32 reader)
{
	struct task_struct *task = bpf_task_from_pid(reader);
	char byte;

	if (!task)
		return 0;
	bpf_copy_from_user_task(&byte, 1, (void *)NOWHERE, task, 0);
	bpf_task_release(task);
	return 1;
}

static long export_wait_once(__u64 index, struct export_wait *wait)
{
	if (ring_has_room(wait->slot)) {
		wait->room = 1;
		return 1;
	}
	return bpf_ktime_get_ns() > wait->until || !yield(wait->reader);
}

/* By itself, so that its stack is not on top of the hook's. */
__attribute__((noinline)) int export_room(__u32 slot)
{
	struct export_wait wait = {.slot = slot};
	struct tsem_namespace *ns;

	if (ring_has_room(slot))
		return 0;
	ns = of_slot(&tsem_namespaces, slot);
	if (!ns || ns->stalled || !(READ_ONLY(struct task_struct, bpf_get_current_task_btf())->mm))
		return 0;
	wait.reader = ns->orchestrator;
	wait.until = bpf_ktime_get_ns() + WAIT_NS;
	bpf_loop(WAIT_TRIES, export_wait_once, &wait, 0);
	if (!wait.room)
		ns->stalled = 1;
	return 0;
}

INLINE void export_wait(const struct tsem_task *t)
{
	if (t->options & TSEM_OPTION_BLOCK)
		export_room(t->slot);
}

#endif
