/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps that a detection has in common with the others, and with the kernel side. They are there before it is. */
#ifndef TSEM_DETECT_SHARED_BPF_H
#define TSEM_DETECT_SHARED_BPF_H

#include "kernel.h"
#include "../abi/detect.h"
#include "../abi/namespace.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_task);
} tsem_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__type(value, struct tsem_namespace);
} tsem_namespaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TSEM_DETECTIONS_MAX);
	__type(key, __u32);
	__type(value, struct tsem_detection);
} tsem_detections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TSEM_DETECTIONS_MAX);
	__type(key, __u32);
	__type(value, struct tsem_detect_counts);
} tsem_detect_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tsem_detect_state);
} tsem_detect_state SEC(".maps");

#define TSEM_SIGNALS_SIZE (1 << 20)
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TSEM_SIGNALS_SIZE);
} tsem_signals SEC(".maps");

INLINE struct tsem_detect_state *detect_state(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tsem_detect_state, &zero);
}

/* As a number, which a function of its own can take. */
INLINE __u64 tsem_address(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

/* The state of a task if it is in a namespace. */
INLINE struct tsem_task *tsem_task_inside(struct task_struct *task)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);

	return t && t->context && !(t->flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE)) ? t : 0;
}

#endif
