/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One of many on one hook: the test gives each its number in the place of 00. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(many_00, "T1070", "one of many");

SEC("lsm/path_rmdir")
int BPF_PROG(on_rmdir, const struct path *dir, struct dentry *entry)
{
	return tsem_signal(dir, entry);
}
