/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For a hook that no kernel has. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(unhooked, "T1070", "no such hook");

SEC("lsm/path_nothing")
int BPF_PROG(on_nothing, const struct path *dir)
{
	return 0;
}
