/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect/executed.bpf.h>
#include <tsem/detect.bpf.h>

TSEM_DETECTION(self_unlink, "T1070.004", "a process deletes or replaces its own executable");

SEC("lsm/path_unlink")
int BPF_PROG(on_unlink, const struct path *dir, struct dentry *entry)
{
	return tsem_is_executable_of(entry, TSEM_SELF) ? tsem_signal(dir, entry) : 0;
}

SEC("lsm/path_rename")
int BPF_PROG(on_rename, const struct path *old_dir, struct dentry *old, const struct path *dir, struct dentry *entry)
{
	return tsem_is_executable_of(entry, TSEM_SELF) ? tsem_signal(dir, entry) : 0;
}
