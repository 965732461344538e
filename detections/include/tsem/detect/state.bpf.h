/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a detection remembers of a process or a file, for some time:
 *
 *	TSEM_PROCESS_STATE(renames, struct tsem_rate);
 *	...
 *	struct tsem_rate *rate = renames_of_process(TSEM_SECONDS(60));
 *
 *	return rate && tsem_rate_over(rate, TSEM_SECONDS(10), 100) ? tsem_signal(dir, entry) : 0;
 *
 * It begins as zeros, and is zeros again when nobody has asked for it during its lifetime. It goes with the process or
 * the file. TSEM_FILE_STATE(name, type) has name_of_file(inode, lifetime), where the inode is one that the hook was given.
 */
#ifndef TSEM_DETECT_STATE_BPF_H
#define TSEM_DETECT_STATE_BPF_H

#include "kernel.h"

#define TSEM_SECONDS(n) ((n)*1000000000ULL)

#define TIMED(name, kind) \
	struct name##_timed { \
		__u64 last; \
		kind value; \
	}
#define TIMED_GET(timed, lifetime) \
	({ \
		__u64 now_ = bpf_ktime_get_ns(); \
		if (timed && timed->last && now_ - timed->last > (lifetime)) \
			__builtin_memset(&timed->value, 0, sizeof(timed->value)); \
		if (timed) \
			timed->last = now_; \
		timed ? &timed->value : 0; \
	})

/* Of the whole process: it is kept with its first thread. */
#define TSEM_PROCESS_STATE(name, kind) \
	TIMED(name, kind); \
	struct { \
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE); \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__type(key, int); \
		__type(value, struct name##_timed); \
	} name SEC(".maps"); \
	INLINE typeof(((struct name##_timed *)0)->value) *name##_of_process(__u64 lifetime) \
	{ \
		struct task_struct *leader; \
		struct name##_timed *timed = 0; \
		bpf_rcu_read_lock(); \
		leader = bpf_get_current_task_btf()->group_leader; \
		if (leader) \
			timed = bpf_task_storage_get(&name, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE); \
		bpf_rcu_read_unlock(); \
		return TIMED_GET(timed, lifetime); \
	} \
	struct name##_timed

#define TSEM_FILE_STATE(name, kind) \
	TIMED(name, kind); \
	struct { \
		__uint(type, BPF_MAP_TYPE_INODE_STORAGE); \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__type(key, int); \
		__type(value, struct name##_timed); \
	} name SEC(".maps"); \
	INLINE typeof(((struct name##_timed *)0)->value) *name##_of_file(struct inode *inode, __u64 lifetime) \
	{ \
		struct name##_timed *timed = bpf_inode_storage_get(&name, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE); \
		return TIMED_GET(timed, lifetime); \
	} \
	struct name##_timed

/* How often something happened in a window of time. */
struct tsem_rate {
	__u64 begin;
	__u64 count;
};

/* Counts one more; whether there are more than limit in the window now. */
INLINE bool tsem_rate_over(struct tsem_rate *rate, __u64 window, __u64 limit)
{
	__u64 now = bpf_ktime_get_ns();

	if (now - rate->begin > window) {
		rate->begin = now;
		rate->count = 0;
	}
	return __sync_fetch_and_add(&rate->count, 1) + 1 > limit;
}

#endif
