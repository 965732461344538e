/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Its hook comes after the fact. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(after, "T1070", "only observes", .observes = 1);

SEC("lsm/inode_free_security")
int BPF_PROG(on_free, struct inode *inode)
{
	return 0;
}
