/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths below /proc without the numbers that differ from run to run: of the
 * process itself "self", of another "[pid]", of a thread "[tid]".
 */
#ifndef TSEM_BPF_PROCESS_PATH_H
#define TSEM_BPF_PROCESS_PATH_H

#include "kernel.h"
#include "maps.h"

#define PROC_PREFIX 6 /* "/proc/" */
#define DIGITS_MAX 10

struct digits {
	__u32 count;
	__u32 value;
};

/* The number at the front of the string, if a slash or the end of the string follows it. */
static __always_inline struct digits digits_read(const __u8 *string, __u32 length)
{
	struct digits d = {};

	for (int i = 0; i < DIGITS_MAX; i++) {
		__u8 c = string[i];

		if (i >= length || c < '0' || c > '9')
			break;
		d.value = d.value * 10 + c - '0';
		d.count++;
	}
	if (d.count < length && string[d.count & 15] != '/')
		d.count = 0;
	return d;
}

/* The number of the process in its own PID namespace. */
static __always_inline __u32 own_number(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level), number = 0;
	void *numbers = (void *)pid + bpf_core_field_offset(struct pid, numbers);

	bpf_probe_read_kernel(&number, sizeof(number), numbers + level * bpf_core_type_size(struct upid));
	return number;
}

/* Puts a word in the place of the digits at offset. The rest of the string moves over the slack. */
static __always_inline __u32 digits_replace(struct tsem_event *e, __u8 *string, __u32 length, __u32 offset, __u32 count,
					    const char *word, __u32 size)
{
	__u32 rest = length - offset - count;
	__u8 *slack = e->cell + TSEM_CELL_MAX;

	bpf_probe_read_kernel(slack, TSEM_BOUND(rest, TSEM_PATH_MAX), string + offset + count);
	__builtin_memcpy(string + offset, word, size);
	bpf_probe_read_kernel(string + offset + size, TSEM_BOUND(rest, TSEM_PATH_MAX), slack);
	return offset + size + rest;
}

#define TASK_WORD "/task/"

static __always_inline __u32 thread_replace(struct tsem_event *e, __u8 *string, __u32 length, __u32 offset)
{
	const char word[] = TASK_WORD;
	struct digits tid;

	for (int i = 0; i < sizeof(word) - 1; i++)
		if (string[offset + i] != word[i])
			return length;
	offset += sizeof(word) - 1;
	if (offset >= length)
		return length;
	tid = digits_read(string + offset, length - offset);
	return tid.count ? digits_replace(e, string, length, offset, tid.count & 15, "[tid]", 5) : length;
}

/* string is at the tail, followed by the slack of a path. Returns its new length. */
static __always_inline __u32 process_path(struct tsem_event *e, __u8 *string, __u32 length)
{
	struct digits pid;
	bool own;

	if (length <= PROC_PREFIX || *(__u32 *)string != 0x6f72702f /* "/pro" */ || string[4] != 'c' || string[5] != '/')
		return length;
	pid = digits_read(string + PROC_PREFIX, length - PROC_PREFIX);
	if (!pid.count)
		return length;
	own = pid.value == e->record.pid || pid.value == own_number();
	if (own)
		length = digits_replace(e, string, length, PROC_PREFIX, pid.count & 15, "self", 4);
	else
		length = digits_replace(e, string, length, PROC_PREFIX, pid.count & 15, "[pid]", 5);
	return thread_replace(e, string, length, PROC_PREFIX + (own ? 4 : 5));
}

#endif
