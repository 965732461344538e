/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine: mounts, BPF. */
#include "core/event.h"

/* mount(2) copies its strings as one page each. */
#define MOUNT_STRING_MAX 4096

INLINE void cell_optional_string(struct tsem_event *e, const char *string)
{
	cell_u8(e, !!string);
	if (string)
		cell_string(e, string, MOUNT_STRING_MAX);
}

SEC("lsm.s/sb_mount")
int BPF_PROG(sb_mount, const char *dev_name, const struct path *path, const char *type, unsigned long flags, void *data)
{
	struct tsem_task *t = task_modeled();
	struct tsem_event *e;

	if (!t)
		return 0;
	e = event_begin(t, TSEM_EVENT_sb_mount);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_sb_mount));
	cell_optional_string(e, dev_name);
	cell_path(e, path, 0, task_portable(t)); /* by its name, even when the workload made the directory */
	cell_optional_string(e, type);
	cell_u64(e, flags);
	return VERDICT(event_end(e, t));
}

SEC("lsm.s/bpf")
int BPF_PROG(bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	struct tsem_task *t = task_modeled();
	struct tsem_event *e;

	if (!t)
		return 0;
	e = event_begin(t, TSEM_EVENT_bpf);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_bpf));
	cell_u32(e, cmd);
	cell_u32(e, size);
	return VERDICT(event_end(e, t));
}
