/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The standard streams that a workload was started with. Whoever starts it chooses what they are, so an event does not
 * name them. They are known by the open file together with the file behind it: when another open file comes to stand at
 * the address of one that was closed, it counts as the stream only if it is of the same file.
 */
#ifndef TSEM_BPF_INHERITED_H
#define TSEM_BPF_INHERITED_H

#include "describe.h"
#include "kernel.h"
#include "stream.h"

/* At the first exec in the namespace, which gives up nothing of what was handed over. */
INLINE void streams_note(struct tsem_task *t)
{
	const struct task_struct *task = READ_ONLY(struct task_struct, bpf_get_current_task_btf());
	struct file *file;

	bpf_rcu_read_lock();
	for (__u32 i = 0; i < TSEM_STREAMS; i++) {
		file = 0;
		bpf_probe_read_kernel(&file, sizeof(file), READ_ONLY(struct fdtable, task->files->fdt)->fd + i);
		t->streams[i] = file ? stream_of(file) : 0;
	}
	bpf_rcu_read_unlock();
}

INLINE bool stream_inherited(const struct tsem_event *e, const struct tsem_task *t, const struct file *file)
{
	__u64 stream;

	if (!(e->options & TSEM_NORMALISE_inherited))
		return 0;
	stream = stream_of(file);
	return stream == t->streams[0] || stream == t->streams[1] || stream == t->streams[2];
}

/* In the place of all that a file is. */
INLINE void cell_stream(struct tsem_event *e, bool portable)
{
	cell_zeros(e, 4); /* flags */
	cell_zeros(e, 4 + 4 + 2 + 4); /* owner, group, mode, type of the file system */
	cell_zeros(e, 4 + 16); /* no s_id, zero s_uuid */
	portable = unknown(portable, e->options);
	cell_u8(e, !portable);
	if (!portable)
		cell_zeros(e, 8);
	e->root_changes = root_changes();
	CELL_CONSTANT(e, "inherited");
	cell_u8(e, TSEM_PATH_PLAIN);
	CELL_CONSTANT(e, "standard stream");
	cell_zeros(e, TSEM_DIGEST_SIZE);
}

#endif
