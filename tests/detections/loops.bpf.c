/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Never ends. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(loops, "T1070", "loops");

SEC("lsm/path_rmdir")
int BPF_PROG(on_rmdir, const struct path *dir, struct dentry *entry)
{
	while (*(volatile __u32 *)&tsem_detection.version)
		;
	return 0;
}
