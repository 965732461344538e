/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Has another idea of a map than the loaded kernel side. */
#define tsem_namespaces tsem_namespaces_not
#include <tsem/detect.bpf.h>
#undef tsem_namespaces

TSEM_DETECTION(layout, "T1070", "another layout");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} tsem_namespaces SEC(".maps");

SEC("lsm/path_rmdir")
int BPF_PROG(on_rmdir, const struct path *dir, struct dentry *entry)
{
	__u32 zero = 0;
	__u64 *first = bpf_map_lookup_elem(&tsem_namespaces, &zero);

	return first && *first ? tsem_signal(dir, entry) : 0;
}
