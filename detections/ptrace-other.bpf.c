/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/call.bpf.h>

TSEM_DETECTION(ptrace_other, "T1055.008", "a process begins to trace one that it has not started");

#define GENERATIONS 16

INLINE bool is_descendant(const struct task_struct *task, __u32 of)
{
	for (int i = 0; i < GENERATIONS && task; i++) {
		if (BPF_CORE_READ(task, tgid) == of)
			return 1;
		task = BPF_CORE_READ(task, real_parent);
	}
	return 0;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(on_attach, struct task_struct *child, unsigned int mode)
{
	if (!(mode & PTRACE_MODE_ATTACH) || !TSEM_IN_CALL(101, 117) ||
	    is_descendant(child, bpf_get_current_task_btf()->tgid))
		return 0;
	return tsem_signal(child);
}
