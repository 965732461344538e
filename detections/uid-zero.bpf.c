/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(uid_zero, "T1548",
	       "a process that has root in none of its ids becomes root, other than by executing a setuid file");

INLINE bool has_root(const struct cred *cred)
{
	return !cred->uid.val || !cred->euid.val || !cred->suid.val;
}

SEC("lsm/task_fix_setuid")
int BPF_PROG(on_setuid, struct cred *new, const struct cred *old, int flags)
{
	/* The id for files follows the effective one, and may become root's without it: setfsuid(2). */
	return !has_root(old) && (has_root(new) || (!new->fsuid.val && old->fsuid.val)) ? tsem_signal() : 0;
}
