/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events on what is open already: received, commanded, locked. */
#include "core/describe.h"
#include "core/event.h"
#include "core/guard.h"
#include "core/hook.h"
#include "core/inherited.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/who.h"
#include "core/task.h"
#include "core/walk.h"

/* Events that name an open file whose content they do not look at. Returns whether it is one that was handed down. */
INLINE bool cell_file_only(struct tsem_event *e, const struct tsem_task *t, struct file *file, bool portable)
{
	const __u8 none[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};

	if (stream_inherited(e, t, file)) {
		cell_stream(e, portable);
		return 1;
	}
	cell_file(e, file, none, portable);
	return 0;
}

/* All sockets have one path: which kind it is of, and who made it, if that was here. */
TSEM_HOOK_GUARDED("lsm.s/file_receive", file_receive, descriptor_guarded(file), struct file *file)
{
	struct socket *socket = bpf_sock_from_file(file);

	if (cell_file_only(e, t, file, portable))
		socket = 0;
	cell_u8(e, !!socket);
	if (socket)
		cell_sock(e, socket);
}

/* The process that makes a terminal for the workload. It is guarded, so its name can be believed. */
INLINE bool leader_keeper(struct task_struct *leader)
{
	char name[sizeof(TSEM_TERMINAL_KEEPER)];

	bpf_probe_read_kernel(name, sizeof(name), READ_ONLY(struct task_struct, leader)->comm);
	for (__u32 i = 0; i < sizeof(name); i++)
		if (name[i] != TSEM_TERMINAL_KEEPER[i])
			return 0;
	return process_flags(leader) & TSEM_TASK_GUARDED;
}

/* Whether the session that has the terminal is one of the workload's, and not that of who has started it. */
INLINE bool session_own(struct tty_struct *tty)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader;
	__u64 context = task_context(bpf_task_storage_get(&tsem_tasks, task, 0, 0));
	struct pid *session = BPF_CORE_READ(tty, ctrl.session);
	bool own;

	if (!context)
		return 1;
	leader = session ? bpf_task_from_pid(BPF_CORE_READ(session, numbers[0].nr)) : 0;
	if (!leader)
		return 0;
	own = task_context(bpf_task_storage_get(&tsem_tasks, leader, 0, 0)) == context || leader_keeper(leader);
	bpf_task_release(leader);
	return own;
}

/* Whether the file is the controlling terminal of the process. What is no terminal has something else there. */
INLINE bool terminal_own(const struct file *file)
{
	const struct tty_file_private *private = READ_ONLY(struct file, file)->private_data;
	struct tty_struct *tty = READ_ONLY(struct task_struct, bpf_get_current_task_btf())->signal->tty;

	return tty && BPF_CORE_READ(private, tty) == tty && session_own(tty);
}

/* Those that only look, or ask about what is open. */
INLINE bool ioctl_harmless(const struct file *file, unsigned int cmd)
{
	switch (cmd) {
#define TSEM_IOCTL(name, number, why) case number:
#define TSEM_IOCTL_OWN(name, number, why)
#include "../abi/ioctls.def"
#undef TSEM_IOCTL
#undef TSEM_IOCTL_OWN
		return 1;
#define TSEM_IOCTL(name, number, why)
#define TSEM_IOCTL_OWN(name, number, why) case number:
#include "../abi/ioctls.def"
#undef TSEM_IOCTL
#undef TSEM_IOCTL_OWN
		return terminal_own(file);
	}
	return 0;
}

SEC("lsm.s/file_ioctl")
int BPF_PROG(file_ioctl, struct file *file, unsigned int cmd, unsigned long arg)
{
	bool harmless = ioctl_harmless(file, cmd), guarded = ioctl_guarded(cmd);
	struct tsem_event *e;
	struct tsem_task *t;

	if (harmless && !tsem_all_events)
		return 0;
	t = task_modeled_sleepable();
	if (!t || (harmless && !task_all(t)))
		return 0;
	if (!guarded && t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_file_ioctl))
		return 0;
	e = event_begin(t, TSEM_EVENT_file_ioctl);
	if (!e)
		return guarded_exhausted(t, TSEM_EVENT_file_ioctl, guarded);
	e->forbidden = guarded;
	cell_file_only(e, t, file, task_portable(t));
	cell_u32(e, cmd);
	return VERDICT(event_end_sleepable(e, t));
}

TSEM_HOOK_RARE_AS("lsm/file_ioctl_compat", file_ioctl_compat, file_ioctl, !ioctl_harmless(file, cmd), ELSE_ALL,
		  ioctl_guarded(cmd), 0, struct file *file, unsigned int cmd, unsigned long arg)
{
	cell_file_only(e, t, file, portable);
	cell_u32(e, cmd);
}

TSEM_HOOK_ALL("lsm.s/file_lock", file_lock, struct file *file, unsigned int cmd)
{
	cell_file_only(e, t, file, portable);
	cell_u32(e, cmd);
}

#define F_SETOWN 8
#define F_SETSIG 10
#define F_SETOWN_EX 15
#define F_SETLEASE 1024
#define F_SETDELEG 1040

INLINE struct pid *pid_own(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, group_leader, thread_pid);
}

/* The process's own number, as it sees it itself. */
INLINE bool number_own(unsigned long number)
{
	struct pid *pid = pid_own();
	struct upid *upid = upid_of(pid, BPF_CORE_READ(pid, level));

	return number == (__u32)BPF_CORE_READ(upid, nr);
}

/*
 * A signal to who may get none: said at once, where the number is the one that
 * the kernel uses. Of all others it is found when the signal comes: guard.bpf.c.
 */
INLINE bool owner_guarded(unsigned int cmd, int number, const struct tsem_task *t)
{
	struct task_struct *target;
	struct pid *pid = pid_own();
	bool guarded;

	if (cmd != F_SETOWN || number <= 0 || BPF_CORE_READ(pid, level))
		return 0;
	target = bpf_task_from_pid(number);
	if (!target)
		return 0;
	guarded = task_guarded(target, t);
	bpf_task_release(target);
	return guarded;
}

/*
 * Who gets which signal when there is something to read, and who has to wait to
 * open. What a process tells itself is its own business.
 */
INLINE bool fcntl_reaches(unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_SETOWN:
		return arg && !number_own(arg);
	case F_SETSIG:
	case F_SETOWN_EX:
	case F_SETLEASE:
	case F_SETDELEG:
		return 1;
	}
	return 0;
}

TSEM_HOOK_RARE_AS("lsm/file_fcntl", file_fcntl, file_fcntl, fcntl_reaches(cmd, arg), ELSE_ALL,
		  owner_guarded(cmd, arg, t), 0, struct file *file, unsigned int cmd, unsigned long arg)
{
	cell_file_only(e, t, file, portable);
	cell_u32(e, cmd);
}

TSEM_HOOK("lsm/uring_cmd", uring_cmd, struct io_uring_cmd *command)
{
	const __u8 none[TSEM_DIGEST_SIZE] __attribute__((aligned(8))) = {};

	cell_file_walked(e, command->file, none, portable);
	cell_u32(e, command->cmd_op);
}

TSEM_HOOK_ALL("lsm/uring_sqpoll", uring_sqpoll, void *none)
{
}
