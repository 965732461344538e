/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* No technique of ATT&CK. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(technique, "TX", "no technique");

SEC("lsm/path_rmdir")
int BPF_PROG(on_rmdir, const struct path *dir, struct dentry *entry)
{
	return 0;
}
