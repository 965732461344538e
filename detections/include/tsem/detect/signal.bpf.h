/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Signals: what a detection saw, which process did it, and what the action was. */
#ifndef TSEM_DETECT_SIGNAL_BPF_H
#define TSEM_DETECT_SIGNAL_BPF_H

#include "frame.bpf.h"
#include "untrust.bpf.h"

/* Tasks for which this detection has already sent a signal. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} tsem_once SEC(".maps");

#define MINUTE 60000000000ULL
#define PATH_NAMES 24 /* of a path below the root of its file system */

/* A signal that is being made, on its way to tsem_end(). */
struct tsem_shot {
	struct tsem_detection *detection;
	struct tsem_signal *signal; /* NULL: it is not sent */
};

/* What is attached, and to whom it applies. */
INLINE struct tsem_detection *detection_here(void)
{
	__u32 number = tsem_detection.number;
	struct tsem_detection *d = bpf_map_lookup_elem(&tsem_detections, &number);
	struct tsem_task *t;

	if (!d || !d->id || d->id != tsem_detection.id)
		return 0;
	if (d->scope == TSEM_DETECT_SCOPE_HOST)
		return d;
	if (d->scope == TSEM_DETECT_SCOPE_GROUP)
		return bpf_get_current_ancestor_cgroup_id(d->level) == d->place ? d : 0;
	t = tsem_task_inside(bpf_get_current_task_btf());
	return t && t->context == d->place ? d : 0;
}

INLINE bool detection_quiet(struct tsem_detection *d)
{
	__u64 now, last, *had;

	if (d->once == TSEM_ONCE_MINUTE) {
		now = bpf_ktime_get_ns();
		last = *(volatile __u64 *)&d->last;
		return (last && now - last < MINUTE) || __sync_val_compare_and_swap(&d->last, last, now) != last;
	}
	if (d->once != TSEM_ONCE_TASK)
		return 0;
	had = bpf_task_storage_get(&tsem_once, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return had && __sync_lock_test_and_set(had, 1);
}

#ifndef TSEM_PERIODIC /* which is no program of a hook, and runs in a process of tsem: of that there is nothing to tell */
/* What the program is called that the task runs. */
__attribute__((noinline)) int signal_program(struct tsem_signal *s)
{
	struct file *file;

	if (!s)
		return 0;
	file = bpf_get_task_exe_file(bpf_get_current_task_btf());
	if (!file)
		return 0;
	bpf_path_d_path(&file->f_path, (char *)s->program, sizeof(s->program));
	bpf_put_file(file);
	return 0;
}
#endif

static const __u8 nothing[sizeof(struct tsem_signal)];

INLINE void signal_clear(struct tsem_signal *s)
{
	bpf_probe_read_kernel(s, sizeof(*s), (const void *)nothing);
}

/* Functions of their own, which the verifier walks once. */
__attribute__((noinline)) int signal_task(struct tsem_signal *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tsem_task *t = tsem_task_inside(task);

	if (!s)
		return 0;
	s->pid = task->tgid;
	s->tid = task->pid;
	s->ppid = BPF_CORE_READ(task, real_parent, tgid);
	s->uid = BPF_CORE_READ(task, cred, uid.val);
	s->euid = BPF_CORE_READ(task, cred, euid.val);
	s->started = BPF_CORE_READ(task, group_leader, start_boottime);
	s->group = bpf_get_current_cgroup_id();
	bpf_get_current_comm(s->comm, sizeof(s->comm));
	if (!t)
		return 0;
	s->context = t->context;
	__builtin_memcpy(s->task_id, t->task_id, sizeof(s->task_id));
	return 0;
}

INLINE void signal_head(struct tsem_signal *s, const struct tsem_detection *d)
{
	s->time = bpf_ktime_get_ns();
	s->detection = d->id;
	__builtin_memcpy(s->name, d->name, sizeof(s->name));
	__builtin_memcpy(s->technique, d->technique, sizeof(s->technique));
}

/* What is only logged leaves half of the ring to what was refused: nobody hides that behind very much of the other. */
INLINE bool signal_has_room(const struct tsem_detection *d)
{
	return d->action != TSEM_ACTION_LOG ||
	       bpf_ringbuf_query(&tsem_signals, BPF_RB_AVAIL_DATA) < TSEM_SIGNALS_SIZE / 2;
}

/* Its number is given by whoever takes it: two processors that send at a time may do so in either order. */
INLINE struct tsem_signal *signal_reserve(const struct tsem_detection *d)
{
	struct tsem_detect_state *state = detect_state();
	struct tsem_signal *s;

	if (!state)
		return 0;
	__sync_fetch_and_add(&state->number, 1);
	s = signal_has_room(d) ? bpf_ringbuf_reserve(&tsem_signals, sizeof(*s), 0) : 0;
	if (!s) {
		__sync_fetch_and_add(&state->lost, 1);
		return 0;
	}
	signal_clear(s);
	signal_head(s, d);
	signal_task(s);
#ifndef TSEM_PERIODIC
	signal_program(s);
#endif
	return s;
}

/* Begins a signal; 0: the detection does not apply here. Evidence may follow, and tsem_end() must. */
INLINE bool tsem_begin(struct tsem_shot *shot)
{
	shot->signal = 0;
	shot->detection = detection_here();
	if (!shot->detection)
		return 0;
	if (detection_quiet(shot->detection)) {
		DETECT_COUNT(quiet);
		return 1;
	}
	DETECT_COUNT(signals);
	shot->signal = signal_reserve(shot->detection);
	return 1;
}

/* Takes the action. Returns the outcome, a TSEM_SIGNAL_. */
__attribute__((noinline)) int signal_act(__u32 action)
{
	bool spared = untrusted_spares(bpf_get_current_task_btf());

	if (action == TSEM_ACTION_LOG)
		return TSEM_SIGNAL_LOGGED;
	DETECT_COUNT(refused);
	if (action == TSEM_ACTION_DENY && tsem_detection.ends)
		action = TSEM_ACTION_KILL;
	if (action == TSEM_ACTION_DENY)
		return TSEM_SIGNAL_REFUSED;
	if (spared)
		return TSEM_SIGNAL_SPARED;
	if (action == TSEM_ACTION_KILL) {
		bpf_send_signal(SIGKILL);
		return TSEM_SIGNAL_KILLED;
	}
	if (action == TSEM_ACTION_FREEZE) {
		untrust_process(TSEM_TASK_UNTRUSTED | TSEM_TASK_FROZEN);
		bpf_send_signal(SIGSTOP);
		return TSEM_SIGNAL_FROZEN;
	}
	/* Where there is no memory for that, it is still refused what it did just now, and that is counted. */
	if (untrust_process(TSEM_TASK_UNTRUSTED))
		return TSEM_SIGNAL_UNTRUSTED;
	DETECT_COUNT(failed);
	return TSEM_SIGNAL_REFUSED;
}

/* Takes the action and sends the signal. What it returns, the program returns. */
INLINE int tsem_end_by(struct tsem_shot *shot, __u32 action)
{
	int outcome = signal_act(action);

	if (shot->signal) {
		shot->signal->outcome = outcome;
		bpf_ringbuf_submit(shot->signal, 0);
	}
	return outcome == TSEM_SIGNAL_LOGGED ? 0 : -EPERM;
}

INLINE int tsem_end(struct tsem_shot *shot)
{
	return tsem_end_by(shot, shot->detection->action);
}

/* Whether `tsem detect arm` has armed this detection. */
INLINE bool tsem_armed(void)
{
	struct tsem_detection *d = detection_here();

	return d && d->armed;
}

/* ---- evidence ---- */

/* One name before those that are there; returns where it begins, or 0: no room, or the root. */
__attribute__((noinline)) int signal_name(struct tsem_signal *s, __u64 entry, __u32 at)
{
	const struct dentry *dentry = (const struct dentry *)entry;
	__u32 length = BPF_CORE_READ(dentry, d_name.len);

	if (!s || BPF_CORE_READ(dentry, d_parent) == dentry || length > 255 || length + 1 > at)
		return 0;
	at -= length;
	bpf_probe_read_kernel(s->path + (at & (TSEM_SIGNAL_PATH - 1)), length & 255,
			      BPF_CORE_READ(dentry, d_name.name));
	at--;
	s->path[at & (TSEM_SIGNAL_PATH - 1)] = '/';
	return at;
}

/* Names of a path from its end, below the root of its file system; what there is no room for is left out before them. */
__attribute__((noinline)) int signal_names(struct tsem_signal *s, __u64 entry)
{
	const struct dentry *dentry = (const struct dentry *)entry;
	__u32 at = TSEM_SIGNAL_PATH, next = at;

	if (!s)
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < PATH_NAMES && next; i++) {
		next = signal_name(s, tsem_address(dentry), at);
		if (next)
			at = next;
		dentry = BPF_CORE_READ(dentry, d_parent);
	}
	s->path_at = at;
	s->path[TSEM_SIGNAL_PATH] = 0;
	return 0;
}

/* The whole path; where it is too long, as much of its end as there is room for. */
INLINE void signal_path(struct tsem_signal *s, const struct path *path)
{
	if (s && bpf_path_d_path((struct path *)path, (char *)s->path, TSEM_SIGNAL_PATH) < 0)
		signal_names(s, tsem_address(path->dentry));
}

INLINE void tsem_add_path(struct tsem_shot *shot, const struct path *path)
{
	signal_path(shot->signal, path);
}

INLINE void tsem_add_file(struct tsem_shot *shot, struct file *file)
{
	signal_path(shot->signal, &file->f_path);
}

INLINE void tsem_add_dentry(struct tsem_shot *shot, struct dentry *entry)
{
	if (shot->signal)
		signal_names(shot->signal, tsem_address(entry));
}

/* The name of an entry behind the path of its directory. */
INLINE void tsem_add_entry(struct tsem_shot *shot, const struct path *dir, struct dentry *entry)
{
	struct tsem_signal *s = shot->signal;
	__u32 length = BPF_CORE_READ(entry, d_name.len);
	int size;

	if (!s)
		return;
	size = bpf_path_d_path((struct path *)dir, (char *)s->path, TSEM_SIGNAL_PATH);
	if (size <= 0 || size >= TSEM_SIGNAL_PATH) { /* too deep: as much of its end as there is room for */
		tsem_add_dentry(shot, entry);
		return;
	}
	size--; /* without its NUL */
	if (size > 1) {
		s->path[size & (TSEM_SIGNAL_PATH - 1)] = '/';
		size++;
	}
	size &= TSEM_SIGNAL_PATH - 1;
	length &= 255;
	bpf_probe_read_kernel(s->path + size, length, BPF_CORE_READ(entry, d_name.name));
	s->path[size + length] = 0; /* behind the path lie pieces of it */
}

INLINE void tsem_add_task(struct tsem_shot *shot, struct task_struct *task)
{
	if (!shot->signal)
		return;
	shot->signal->other_pid = BPF_CORE_READ(task, tgid);
	BPF_CORE_READ_INTO(&shot->signal->other_comm, task, comm);
}

INLINE void tsem_add_string(struct tsem_shot *shot, const char *string)
{
	if (shot->signal)
		bpf_probe_read_kernel_str(shot->signal->string, TSEM_SIGNAL_STRING, string);
}

INLINE void tsem_add_number(struct tsem_shot *shot, __u64 number)
{
	if (shot->signal)
		shot->signal->value = number;
}

INLINE void tsem_add_digest(struct tsem_shot *shot, const __u8 *digest)
{
	if (shot->signal)
		__builtin_memcpy(shot->signal->digest, digest, TSEM_DIGEST_SIZE);
}

/* ---- in one call ---- */

INLINE void add_path_string(struct tsem_shot *shot, const struct path *path, const char *string)
{
	tsem_add_path(shot, path);
	tsem_add_string(shot, string);
}

INLINE void add_file_string(struct tsem_shot *shot, struct file *file, const char *string)
{
	tsem_add_file(shot, file);
	tsem_add_string(shot, string);
}

INLINE void add_file_task(struct tsem_shot *shot, struct file *file, struct task_struct *task)
{
	tsem_add_file(shot, file);
	tsem_add_task(shot, task);
}

INLINE void add_task_string(struct tsem_shot *shot, struct task_struct *task, const char *string)
{
	tsem_add_task(shot, task);
	tsem_add_string(shot, string);
}

INLINE void add_dentry_string(struct tsem_shot *shot, struct dentry *dentry, const char *string)
{
	tsem_add_dentry(shot, dentry);
	tsem_add_string(shot, string);
}

/* clang-format off */
#define TSEM_ADD(shot, thing) \
	_Generic((thing), \
		struct dentry *: tsem_add_dentry, \
		const struct path *: tsem_add_path, \
		struct path *: tsem_add_path, \
		struct file *: tsem_add_file, \
		struct task_struct *: tsem_add_task, \
		const char *: tsem_add_string, \
		char *: tsem_add_string)(shot, thing)
/* A directory with an entry is one path; else two things. */
#define TSEM_ADD_2(shot, first, second) \
	_Generic((first), \
		const struct path *: _Generic((second), struct dentry *: tsem_add_entry, default: add_path_string), \
		struct file *: _Generic((second), struct task_struct *: add_file_task, default: add_file_string), \
		struct task_struct *: add_task_string, \
		struct dentry *: add_dentry_string)(shot, first, second)
/* clang-format on */

/* Any evidence: TSEM_SHOT(tsem_add_file(&shot_, file); tsem_add_number(&shot_, 7)). */
#define TSEM_SHOT(...) TSEM_SHOT_BY(shot_.detection->action, __VA_ARGS__)
#define TSEM_SHOT_BY(action, ...) \
	({ \
		struct tsem_shot shot_; \
		int verdict_ = 0; \
		if (tsem_begin(&shot_)) { \
			__VA_ARGS__; \
			verdict_ = tsem_end_by(&shot_, action); \
		} \
		verdict_; \
	})
#define TSEM_SIGNAL_0() TSEM_SHOT((void)0)
#define TSEM_SIGNAL_1(thing) TSEM_SHOT(TSEM_ADD(&shot_, thing))
#define TSEM_SIGNAL_2(first, second) TSEM_SHOT(TSEM_ADD_2(&shot_, first, second))
#define TSEM_PICK(_0, _1, _2, macro, ...) macro
#define tsem_signal(...) TSEM_PICK(0, ##__VA_ARGS__, TSEM_SIGNAL_2, TSEM_SIGNAL_1, TSEM_SIGNAL_0)(__VA_ARGS__)
/* Sends a signal and never refuses, whatever the action is. */
#define tsem_log(thing) TSEM_SHOT_BY(TSEM_ACTION_LOG, TSEM_ADD(&shot_, thing))

#endif
