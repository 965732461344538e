/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads behind the end of what it may read. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(beyond, "T1070", "reads beyond");

SEC("lsm/path_rmdir")
int BPF_PROG(on_rmdir, const struct path *dir, struct dentry *entry)
{
	struct tsem_detect_state *state = detect_state();

	return state && *(volatile char *)((char *)state + 4096) ? tsem_signal(dir, entry) : 0;
}
