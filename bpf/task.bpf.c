/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Life of the tasks of a namespace, and events between tasks. */
#include "core/calls.h"
#include "core/content.h"
#include "core/describe.h"
#include "core/event.h"
#include "core/hook.h"
#include "core/ids.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/task.h"
#include "core/verdict.h"
#include "core/who.h"
#include "../engine/coefficient.h"

#define CLONE_THREAD 0x00010000

/*
 * Every way to make a task passes here: fork, vfork, threads, io_uring workers.
 * Without memory for the child's state the fork is refused: a child outside the
 * namespace would be a way out.
 */
SEC("lsm/task_alloc")
int BPF_PROG(task_inherit, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, 0);
	struct tsem_namespace *ns;
	struct tsem_task *child;

	if (!t)
		return 0;
	if (t->options & TSEM_OPTION_EXTERNAL && external_stopped(t))
		return -EPERM;
	ns = task_namespace(t);
	if (ns && ns->ending && !(t->flags & TSEM_TASK_LOOSE))
		return -EPERM;
	task_share(t);
	child = bpf_task_storage_get(&tsem_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!child && t->flags & TSEM_TASK_LOOSE)
		return 0; /* joins by itself */
	if (!child) {
		namespace_failed(t, TSEM_FAILURE_storage);
		return -EPERM;
	}
	child->context = t->context;
	child->slot = t->slot;
	child->options = t->options;
	/* Also that it is guarded: until it executes something it has the descriptors of its parent. */
	child->flags = t->flags;
	child->ttd = t->ttd;
	child->home = t->home;
	__builtin_memcpy(child->streams, t->streams, sizeof(child->streams));
	child->scripts = t->scripts;
	tsem_digest_copy(child->task_id, t->task_id);
	if (clone_flags & CLONE_THREAD) {
		child->p_ttd = t->p_ttd;
		tsem_digest_copy(child->ptask_id, t->ptask_id);
	} else {
		child->p_ttd = t->ttd;
		tsem_digest_copy(child->ptask_id, t->task_id);
	}
	return 0;
}

#define CLONE_INTO_CGROUP (1ULL << 33)

INLINE bool clone_moves(unsigned long clone_flags)
{
	return clone_flags & CLONE_INTO_CGROUP;
}

/* A child that begins in another control group. The group is not known here: only that it is another one. */
TSEM_HOOK_RARE_AS("lsm/task_alloc", task_alloc, task_alloc, clone_moves(clone_flags), ELSE_NEVER, 0, 0,
		  struct task_struct *task, unsigned long clone_flags)
{
	cell_u64(e, clone_flags);
}

int tsem_join(void)
{
	struct tsem_task *t =
		bpf_task_storage_get(&tsem_tasks, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u32 kept;

	if (!t)
		return 0;
	kept = t->flags & TSEM_TASK_OURS;
	codes_forget(t);
	__builtin_memset(t, 0, sizeof(*t));
	t->flags = TSEM_TASK_LOOSE | kept;
	t->options = tsem_root.options;
	t->slot = tsem_root.slot;
	t->context = tsem_root.id;
	t->home = tsem_initial_mounts;
	return 0;
}

/* The namespace that lives as long as the task does, for its birth as for its death. */
INLINE struct tsem_namespace *task_counted(const struct tsem_task *t)
{
	return task_context(t) ? namespace_of(t) : 0;
}

/*
 * A namespace dies with its last task. The root namespace has none that it would die with. Counted where a new task is
 * certain to live and die. What another thread of its parent did while it was made, it has too.
 */
SEC("tp_btf/task_newtask")
int BPF_PROG(task_begins, struct task_struct *task, unsigned long clone_flags)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	struct tsem_namespace *ns = task_counted(t);

	if (t)
		scripts_count(t->scripts, 1);
	if (!ns)
		return 0;
	__sync_fetch_and_or(&t->flags, leader_flags(0) & TASK_MARKS);
	__sync_fetch_and_add(&ns->tasks, 1);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_ends, struct task_struct *task)
{
	struct tsem_task *t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	struct tsem_namespace *ns = task_counted(t);

	if (t)
		codes_forget(t);
	if (ns)
		ring_used(t, task);
	if (ns)
		__sync_fetch_and_add(&ns->tasks, -1);
	return 0;
}

/* Somebody who may control the frozen process lets it continue, until its next event. */
INLINE void task_thaw(struct task_struct *task)
{
	struct tsem_task *t;

	bpf_rcu_read_lock();
	t = leader_state(task, 0);
	if (t)
		__sync_fetch_and_and(&t->flags, ~TSEM_TASK_FROZEN);
	bpf_rcu_read_unlock();
}

/*
 * Whoever wakes a frozen process, such as a timer of its own, whose signals
 * nobody is asked about: before it goes on it looks for signals, and finds one
 * more to stop. Attached when the first namespace that freezes is made.
 */
SEC("fentry/dequeue_signal")
int BPF_PROG(task_stays)
{
	if (leader_flags(0) & TSEM_TASK_FROZEN)
		bpf_send_signal(SIGSTOP);
	return 0;
}

/*
 * A signal into another namespace is refused unless the sender may control it:
 * from outside with CAP_MAC_ADMIN, from inside never, nor to who orchestrates.
 * To the world outside every namespace it is an event like any other. Both are
 * recorded with cross_ns 1.
 */
SEC("lsm/task_kill")
int BPF_PROG(task_kill, struct task_struct *p, struct kernel_siginfo *info, int sig, const struct cred *cred)
{
	struct tsem_task *t = task_modeled();
	struct tsem_task *target = bpf_task_storage_get(&tsem_tasks, p, 0, 0);
	__u64 own = task_context(t), theirs = task_context(target), joined = target ? target->context : 0;
	struct tsem_event *e;
	bool guarded;

	/*
	 * With somebody's rights: sent later, for whoever asked a device to, while the current task has nothing to do with
	 * it. The verifier takes no argument of a hook for absent, and would drop what comes after "if (cred)".
	 */
	if (sig == SIGURG || (__u64)cred > SEND_SIG_PRIV)
		return 0;
	if (theirs && !own && !task_controls(bpf_get_current_task_btf()))
		return -EPERM;
	/* Not the kernel on behalf of one who ends, as the process has asked for: nobody decided that. */
	if (theirs && !own && sig == SIGCONT && (__u64)info > SEND_SIG_PRIV)
		task_thaw(p);
	if (!t)
		return 0;
	/* To look whether it lives is free, outside. Who is stopped for inspection stays so until somebody outside says otherwise. */
	guarded = task_guarded(p, t) && (sig || theirs);
	guarded = guarded || (own && theirs && sig && process_flags(p) & TSEM_TASK_FROZEN);
	e = event_begin(t, TSEM_EVENT_task_kill);
	if (!e)
		return guarded_exhausted(t, TSEM_EVENT_task_kill, guarded);
	e->forbidden = guarded;
	cell_task(e, p);
	cell_u32(e, sig);
	cell_u32(e, joined != t->context);
	return VERDICT(event_end(e, t));
}

/* A tracer can act as its task, so it may trace only what is not guarded. Looking changes nothing, and is allowed. */
INLINE bool tracing_guarded(struct task_struct *child, unsigned int mode, const struct tsem_task *t)
{
	__u32 call = call_now();

	/* These do something to it: send its memory to swap, and bind it to a processor's threads. */
	return (mode & PTRACE_MODE_ATTACH || call == CALL_process_madvise || call == CALL_prctl ||
		call == CALL_compat) &&
	       task_guarded(child, t);
}

TSEM_HOOK_GUARDED("lsm/ptrace_access_check", ptrace_access_check, tracing_guarded(child, mode, t),
		  struct task_struct *child, unsigned int mode)
{
	cell_task(e, child);
	cell_u32(e, mode);
	cell_call(e, call_now());
}

/* Not what a child inherits of its parent, nor what counts all of a processor, which is told by perf_event_open. */
INLINE bool perf_other(const struct perf_event *event)
{
	return !event->parent && event->hw.target && event->hw.target->signal != bpf_get_current_task_btf()->signal;
}

INLINE __u32 perf_mode(const struct perf_event *event)
{
	bool signals = BPF_CORE_READ_BITFIELD_PROBED(event, attr.sigtrap);

	return PTRACE_MODE_REALCREDS | (signals ? PTRACE_MODE_ATTACH : PTRACE_MODE_READ);
}

/*
 * What perf_event_open(2) counts of another process shows its memory, and can
 * send it signals. The kernel asks as for ptrace(2), but not who has
 * CAP_PERFMON: here the same is asked of everybody.
 */
TSEM_HOOK_RARE_AS("lsm/perf_event_alloc", perf_event_alloc, ptrace_access_check, perf_other(event), ELSE_NEVER,
		  task_guarded(event->hw.target, t), 0, struct perf_event *event)
{
	cell_task(e, event->hw.target);
	cell_u32(e, perf_mode(event));
	cell_call(e, call_now());
}

/* A task must not make a guarded parent its tracer: the tracer would get its stops. */
TSEM_HOOK_RARE_GUARDED("lsm/ptrace_traceme", ptrace_traceme, task_guarded(parent, t), struct task_struct *parent)
{
	cell_task(e, parent);
}

/* The number of its process in the PID namespace at that level. */
INLINE int task_number(const struct task_struct *p, __u32 level)
{
	struct pid *pid = BPF_CORE_READ(p, thread_pid);

	return level > BPF_CORE_READ(pid, level) ? 0 : BPF_CORE_READ(upid_of(pid, level), nr);
}

enum { GROUP_OWN, GROUP_OTHER, GROUP_GUARDED };

/*
 * Who is in a group is stopped with it when one of it reads the terminal in the
 * background, and ended when it becomes an orphan: no hook is asked for these
 * signals. A group whose leader is gone counts as another's. Numbers of other
 * PID namespaces cannot be looked up; there all tasks are those of the container.
 */
INLINE __u32 group_of(struct task_struct *p, int group)
{
	struct task_struct *leader, *task = bpf_get_current_task_btf();
	__u32 level = BPF_CORE_READ(task, thread_pid, level), reach = GROUP_OTHER;
	struct tsem_task *t;

	if (task_number(p, level) == group || level)
		return GROUP_OWN;
	leader = bpf_task_from_pid(group);
	t = bpf_task_storage_get(&tsem_tasks, task, 0, 0);
	if (!leader || !t)
		goto out;
	if (task_guarded(leader, t))
		reach = GROUP_GUARDED;
	else if (task_context(bpf_task_storage_get(&tsem_tasks, leader, 0, 0)) == task_context(t))
		reach = GROUP_OWN;
out:
	if (leader)
		bpf_task_release(leader);
	return reach;
}

TSEM_HOOK_RARE_AS("lsm/task_setpgid", task_setpgid, task_setpgid, group_of(p, pgid) != GROUP_OWN, ELSE_ALL,
		  group_of(p, pgid) == GROUP_GUARDED, 0, struct task_struct *p, int pgid)
{
	cell_task(e, p);
	cell_digest(e, t->task_id);
}

TSEM_HOOK_ALL("lsm/task_getpgid", task_getpgid, struct task_struct *p)
{
	cell_task(e, p);
}

TSEM_HOOK_ALL("lsm/task_getsid", task_getsid, struct task_struct *p)
{
	cell_task(e, p);
}

TSEM_HOOK_ALL("lsm/task_getioprio", task_getioprio, struct task_struct *p)
{
	cell_task(e, p);
}

TSEM_HOOK_ALL("lsm/task_getscheduler", task_getscheduler, struct task_struct *p)
{
	cell_task(e, p);
}

/* What a process does to its own limits and its own turn is its own business. */
INLINE bool task_other(const struct task_struct *p)
{
	return p->signal != bpf_get_current_task_btf()->signal;
}

/* What one process does to another; to who orchestrates, and into another namespace, it is refused in every mode. */
#define TSEM_HOOK_OTHER(section, event, ...) \
	TSEM_HOOK_RARE_AS(section, event, event, task_other(p), ELSE_ALL, task_guarded(p, t), 0, __VA_ARGS__)

TSEM_HOOK_OTHER("lsm.s/task_setscheduler", task_setscheduler, struct task_struct *p)
{
	cell_task(e, p);
	cell_call(e, call_now());
}

TSEM_HOOK_OTHER("lsm/task_setnice", task_setnice, struct task_struct *p, int nice)
{
	cell_task(e, p);
	cell_u32(e, nice);
}

TSEM_HOOK_OTHER("lsm/task_setioprio", task_setioprio, struct task_struct *p, int ioprio)
{
	cell_task(e, p);
	cell_u32(e, ioprio);
}

/* New limits of another come to the next hook too, which knows whose they are. */
TSEM_HOOK_ALL("lsm/task_prlimit", task_prlimit, const struct cred *cred, const struct cred *tcred, unsigned int flags)
{
	cell_creds(e, cred);
	cell_creds(e, tcred);
	cell_u32(e, flags);
}

TSEM_HOOK_OTHER("lsm/task_setrlimit", task_setrlimit, struct task_struct *p, unsigned int resource,
		struct rlimit *limit)
{
	cell_task(e, p);
	cell_u32(e, resource);
	cell_u64(e, BPF_CORE_READ(limit, rlim_cur));
	cell_u64(e, BPF_CORE_READ(limit, rlim_max));
}

/* Below it no program can have memory; an argument above it is an address, and addresses are not behaviour. */
#define FIRST_ADDRESS 0x10000

INLINE __u64 without_address(__u64 argument)
{
	return argument < FIRST_ADDRESS ? argument : 0;
}

enum {
#define TSEM_PRCTL(name, number, second, why) PRCTL_##name = (number),
#include "../abi/prctls.def"
#undef TSEM_PRCTL
};
#define PRCTL_ANY 0xffffffffffffffffULL

/* Those that grant power, or reach others. */
INLINE bool prctl_grants(int option, __u64 second)
{
	switch (option) {
#define TSEM_PRCTL(name, number, wanted, why) \
	case PRCTL_##name: \
		return wanted;
#include "../abi/prctls.def"
#undef TSEM_PRCTL
	}
	return 0;
}

/* The number of a process means nothing on another day: 1 is a process, and 2 any of them. */
INLINE __u64 without_process(__u64 number)
{
	return number == PRCTL_ANY ? 2 : number != 0;
}

TSEM_HOOK_RARE_IF("lsm.s/task_prctl", task_prctl, prctl_grants(option, arg2), int option, unsigned long arg2,
		  unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	cell_u32(e, option);
	cell_u64(e, option == PRCTL_SET_PTRACER ? without_process(arg2) : without_address(arg2));
	cell_u64(e, option == PRCTL_SCHED_CORE ? without_process(arg3) : without_address(arg3));
	cell_u64(e, without_address(arg4));
	cell_u64(e, without_address(arg5));
}

#define CAP_OPT_NOAUDIT 0x2 /* a probe: what is asked for is not used */

/* Where a capability without a call was found in the model for who the task is, and who that is still holds. */
INLINE bool capable_known(struct tsem_task *t, __u32 cap, __u32 elsewhere)
{
	struct tsem_namespace *ns;

	if (t->capable_who != t->who || !(t->capable_found[elsewhere] & 1ULL << cap) || !who_holds(t))
		return 0;
	ns = verdict_namespace(t);
	if (ns)
		__sync_fetch_and_add(&ns->events, 1);
	return ns;
}

INLINE void capable_keep(struct tsem_task *t, const struct tsem_event *e, __u32 cap, __u32 elsewhere)
{
	if (!e->trusted || !e->who || e->who != t->who)
		return;
	if (t->capable_who != t->who) {
		t->capable_who = t->who;
		t->capable_found[0] = 0;
		t->capable_found[1] = 0;
	}
	t->capable_found[elsewhere] |= 1ULL << cap;
}

/* Whether or not it is for the owner of an identity, and who asks, does not make it another deed. */
SEC("lsm/capable")
int BPF_PROG(capable, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts)
{
	bool probe = opts & CAP_OPT_NOAUDIT;
	__u32 elsewhere, call;
	struct tsem_event *e;
	struct tsem_task *t;
	int verdict;

	if (probe && !tsem_all_events)
		return 0;
	t = task_modeled();
	if (!t || (probe && !task_all(t)) || t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_capable))
		return 0;
	cap &= 63;
	elsewhere = ns->level != 0;
	call = call_now();
	if (!call && capable_known(t, cap, elsewhere))
		return 0;
	e = event_begin(t, TSEM_EVENT_capable);
	if (!e)
		return VERDICT(tsem_exhausted(t, TSEM_EVENT_capable));
	cell_u32(e, cap);
	cell_u32(e, elsewhere);
	cell_call(e, call);
	verdict = tsem_decide(e, t);
	if (!call)
		capable_keep(t, e, cap, elsewhere);
	event_release(e);
	return VERDICT(verdict);
}

TSEM_HOOK_ALL("lsm.s/capget", capget, struct task_struct *target, const kernel_cap_t *effective,
	      const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
{
	cell_task(e, target);
	cell_u64(e, BPF_CORE_READ(effective, val));
	cell_u64(e, BPF_CORE_READ(inheritable, val));
	cell_u64(e, BPF_CORE_READ(permitted, val));
}

TSEM_HOOK_RARE("lsm.s/capset", capset, struct cred *new, const struct cred *old, const kernel_cap_t *effective,
	       const kernel_cap_t *inheritable, const kernel_cap_t *permitted)
{
	cell_u64(e, BPF_CORE_READ(effective, val));
	cell_u64(e, BPF_CORE_READ(inheritable, val));
	cell_u64(e, BPF_CORE_READ(permitted, val));
}

TSEM_HOOK_RARE("lsm.s/userns_create", userns_create, const struct cred *cred)
{
	cell_creds(e, cred);
}

TSEM_HOOK_RARE("lsm/task_fix_setuid", task_fix_setuid, struct cred *new, const struct cred *old, int flags)
{
	cell_u32(e, uid_of(e->options, new->uid));
	cell_u32(e, uid_of(e->options, new->euid));
	cell_u32(e, uid_of(e->options, new->suid));
	cell_u32(e, uid_of(e->options, new->fsuid));
	cell_u32(e, flags);
}

TSEM_HOOK_RARE("lsm/task_fix_setgid", task_fix_setgid, struct cred *new, const struct cred *old, int flags)
{
	cell_u32(e, gid_of(e->options, new->gid));
	cell_u32(e, gid_of(e->options, new->egid));
	cell_u32(e, gid_of(e->options, new->sgid));
	cell_u32(e, gid_of(e->options, new->fsgid));
	cell_u32(e, flags);
}

#define GROUPS_SIZE_MAX 4092

/* The kernel has sorted them, so that their digest is that of the set. They are hashed in the slack of the CELL. */
INLINE void cell_groups(struct tsem_event *e, const struct cred *cred)
{
	const struct group_info *groups = READ_ONLY(struct cred, cred)->group_info;
	__u32 count = BPF_CORE_READ(groups, ngroups), size = count * 4;
	__u8 digest[TSEM_DIGEST_SIZE] __attribute__((aligned(8)));

	if (count > GROUPS_SIZE_MAX / 4 ||
	    bpf_probe_read_kernel(e->cell + TSEM_CELL_MAX, TSEM_BOUND(size, TSEM_PATH_MAX), groups->gid))
		event_fail(e, TSEM_FAILURE_field);
	event_hash(e, TSEM_OFFSET_CELL + TSEM_CELL_MAX, TSEM_BOUND(size, TSEM_PATH_MAX));
	event_digest(e, digest);
	cell_u32(e, count);
	cell_digest(e, digest);
}

TSEM_HOOK_RARE("lsm/task_fix_setgroups", task_fix_setgroups, struct cred *new, const struct cred *old)
{
	cell_groups(e, new);
}
