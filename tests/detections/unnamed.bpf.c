/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program for a hook that says nothing about itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("lsm/path_rmdir")
int on_rmdir(void *context)
{
	return 0;
}
