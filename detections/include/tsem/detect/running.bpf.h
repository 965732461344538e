/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Executables that any process runs: include this before <tsem/detect.bpf.h>. By the address of the inode, which is one
 * for all of its names, and nobody else's as long as a process runs it. detections/base-running.bpf.c keeps account.
 */
#ifndef TSEM_DETECT_RUNNING_BPF_H
#define TSEM_DETECT_RUNNING_BPF_H

#include "kernel.h"

#define TSEM_RUNNING_MAX 65536

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_RUNNING_MAX);
	__type(key, __u64);
	__type(value, __s64); /* tasks; 0: none any more */
} tsem_running SEC(".maps");

INLINE bool executable_runs(const struct inode *inode)
{
	__u64 key = (__u64)inode;
	__s64 *tasks = bpf_map_lookup_elem(&tsem_running, &key);

	return tasks && *tasks > 0;
}

#endif
