/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths below /proc without the numbers that differ from run to run: of the
 * process itself "self", of another "[pid]", of a thread "[tid]". The path is
 * at the tail of the CELL, behind the room for its length; all offsets are in
 * it. Functions of their own, so that the verifier walks each once.
 */
#ifndef TSEM_BPF_PROCESS_PATH_H
#define TSEM_BPF_PROCESS_PATH_H

#include "kernel.h"
#include "maps.h"

#define PROC_PREFIX 6 /* "/proc/" */
#define TASK_PREFIX 6 /* "/task/" */
#define DIGITS_MAX 10

enum { WORD_SELF, WORD_PID, WORD_TID };

struct path_number {
	__u32 digits; /* 0: no number here */
	__u32 value;
};

static long digit_read(__u32 turn, void *context)
{
	struct path_number *number = *(struct path_number **)context;
	const __u8 *string = *((const __u8 **)context + 1);
	__u8 digit = string[turn & 15] - '0';

	if (digit > 9)
		return 1;
	number->value = number->value * 10 + digit;
	number->digits++;
	return 0;
}

/* The number at offset, if a slash or the end of the path follows it: its digits, and its value times 16. */
__attribute__((noinline)) int path_number(struct tsem_event *e, __u32 offset, __u32 length)
{
	struct path_number number = {};
	struct {
		struct path_number *number;
		const __u8 *string;
	} context = {.number = &number};
	__u8 *string;

	if (!e)
		return 0;
	string = cell_tail(e) + 4 + (offset & TSEM_PATH_MAX);
	context.string = string;
	bpf_loop(DIGITS_MAX, digit_read, &context, 0);
	if (offset + number.digits < length && string[number.digits & 15] != '/')
		return 0;
	return number.digits & 15 ? (int)((number.value << 4) | (number.digits & 15)) : 0;
}

/* Puts a word in the place of the digits at offset; the rest of the path moves over the slack. Returns the new length. */
__attribute__((noinline)) int path_replace(struct tsem_event *e, __u32 offset, __u32 digits, __u32 length, __u32 word)
{
	__u32 rest = length - offset - digits, size = word == WORD_SELF ? 4 : 5;
	__u8 *string, *slack;

	if (!e)
		return 0;
	offset &= 63; /* the numbers stand near the front */
	string = cell_tail(e) + 4;
	slack = e->cell + TSEM_CELL_MAX;
	bpf_probe_read_kernel(slack, TSEM_BOUND(rest, TSEM_PATH_MAX), string + offset + (digits & 15));
	if (word == WORD_SELF)
		__builtin_memcpy(string + offset, "self", 4);
	else if (word == WORD_PID)
		__builtin_memcpy(string + offset, "[pid]", 5);
	else
		__builtin_memcpy(string + offset, "[tid]", 5);
	bpf_probe_read_kernel(string + offset + size, TSEM_BOUND(rest, TSEM_PATH_MAX), slack);
	return offset + size + rest;
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

static __always_inline bool path_has(struct tsem_event *e, __u32 offset, const char *word, __u32 size)
{
	const __u8 *string = cell_tail(e) + 4 + (offset & TSEM_PATH_MAX);

	for (__u32 i = 0; i < size; i++)
		if (string[i] != word[i])
			return 0;
	return 1;
}

__attribute__((noinline)) int thread_path(struct tsem_event *e, __u32 offset, __u32 length)
{
	__u32 tid;

	if (!e || offset + TASK_PREFIX >= length || !path_has(e, offset, "/task/", TASK_PREFIX))
		return length;
	tid = path_number(e, offset + TASK_PREFIX, length);
	return tid ? path_replace(e, offset + TASK_PREFIX, tid & 15, length, WORD_TID) : length;
}

/* Returns the path's new length. */
__attribute__((noinline)) int process_path(struct tsem_event *e, __u32 length)
{
	__u32 pid, value;
	bool own;

	if (!e || length <= PROC_PREFIX || !path_has(e, 0, "/proc/", PROC_PREFIX))
		return length;
	pid = path_number(e, PROC_PREFIX, length);
	if (!pid)
		return length;
	value = pid >> 4;
	own = value == e->record.pid || value == own_number();
	length = path_replace(e, PROC_PREFIX, pid & 15, length, own ? WORD_SELF : WORD_PID);
	return thread_path(e, PROC_PREFIX + (own ? 4 : 5), length);
}

#endif
