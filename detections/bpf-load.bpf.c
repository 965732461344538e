/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(bpf_load, "T1014", "a program is loaded into the kernel by bpf(2)");

SEC("lsm/bpf")
int BPF_PROG(on_bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	return cmd == BPF_PROG_LOAD ? tsem_signal() : 0;
}
