/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(base_untrust, "T0000",
	       "part of tsem: what an untrusted process starts while its threads are being marked");

/*
 * A task that was begun by a thread without the mark, of a process that has it. It is on the list of threads by now, so
 * who walks that list finds it, or the first thread had the mark before this looks.
 */
SEC("tp_btf/task_newtask")
int BPF_PROG(untrust_birth, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_detect_state *state = detect_state();
	struct tsem_task *t;
	__u32 flags = 0;

	if (!state || !state->untrusted || tsem_task_inside(task))
		return 0;
	bpf_rcu_read_lock();
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;

	t = leader ? bpf_task_storage_get(&tsem_tasks, leader, 0, 0) : 0;
	if (t && t->context == state->untrusted)
		flags = t->flags & (TSEM_TASK_UNTRUSTED | TSEM_TASK_FROZEN);
	bpf_rcu_read_unlock();
	if (flags)
		untrusted_join(task, flags);
	return 0;
}
