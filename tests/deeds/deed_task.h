/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deeds to tasks: groups, scheduling, limits, tracing, credentials. Part of deed_all.c. */
#ifndef TSEM_DEED_TASK_H
#define TSEM_DEED_TASK_H

#include "deed_more.h"

#define IOPRIO_PROCESS 1
#define IOPRIO_BEST_EFFORT_6 (2 << 13 | 6)

static void describe_task(void)
{
	add("\"task\":\"@self\"");
}

static void describe_setscheduler(void)
{
	add("\"task\":\"@self\",\"call\":\"sched_setscheduler\"");
}

static void describe_setpgid(void)
{
	add("\"task\":\"@self\",\"source\":\"@self\"");
}

static bool group_joined;

/* The group of those outside, which it is in already: the kernel asks all the same. What comes of joining is in tests/attackers. */
static long act_setpgid(void)
{
	long r = setpgid(0, getpgrp());

	group_joined = !r;
	return r;
}

static bool effect_setpgid(void)
{
	return group_joined;
}

static long act_getpgid(void)
{
	return result = getpgid(getppid());
}

static long act_getsid(void)
{
	return result = getsid(getppid());
}

static long act_getioprio(void)
{
	return result = syscall(SYS_ioprio_get, IOPRIO_PROCESS, 0);
}

static long act_setioprio(void)
{
	return syscall(SYS_ioprio_set, IOPRIO_PROCESS, 0, IOPRIO_BEST_EFFORT_6);
}

static void describe_setioprio(void)
{
	add("\"task\":\"@self\",\"ioprio\":\"%d\"", IOPRIO_BEST_EFFORT_6);
}

static bool effect_setioprio(void)
{
	return syscall(SYS_ioprio_get, IOPRIO_PROCESS, 0) == IOPRIO_BEST_EFFORT_6;
}

static long act_getscheduler(void)
{
	return result = sched_getscheduler(0);
}

static long act_setscheduler(void)
{
	const struct sched_param none = {};

	return sched_setscheduler(0, SCHED_BATCH, &none);
}

static bool effect_setscheduler(void)
{
	return sched_getscheduler(0) == SCHED_BATCH;
}

static void describe_setnice(void)
{
	add("\"task\":\"@self\",\"nice\":\"-7\"");
}

/* Asks for the capability, too. */
static void prepare_setnice(void)
{
	elsewhere(nice_other);
}

static long act_setnice(void)
{
	return setpriority(PRIO_PROCESS, 0, -7);
}

static bool effect_setnice(void)
{
	return getpriority(PRIO_PROCESS, 0) == -7;
}

static const struct rlimit small = {.rlim_cur = 1234, .rlim_max = 5678};

static void describe_prlimit(void)
{
	add_creds("cred");
	add(",");
	add_creds("tcred");
	add(",\"flags\":\"0x2\"");
}

static long act_prlimit(void)
{
	return prlimit(child, RLIMIT_MSGQUEUE, &small, NULL);
}

static bool effect_prlimit(void)
{
	struct rlimit got = {};

	return !prlimit(child, RLIMIT_MSGQUEUE, NULL, &got) && got.rlim_max == small.rlim_max;
}

static void describe_setrlimit(void)
{
	add("\"task\":\"@self\",\"resource\":\"%d\",\"current\":\"1234\",\"max\":\"5678\"", RLIMIT_MSGQUEUE);
}

static long act_setrlimit(void)
{
	return setrlimit(RLIMIT_MSGQUEUE, &small);
}

static bool effect_setrlimit(void)
{
	struct rlimit got = {};

	return !getrlimit(RLIMIT_MSGQUEUE, &got) && got.rlim_max == small.rlim_max;
}

static void describe_prctl(void)
{
	add("\"option\":\"%d\",\"arg2\":\"12345\",\"arg3\":\"2\",\"arg4\":\"3\",\"arg5\":\"4\"", PR_SET_TIMERSLACK);
}

static long act_prctl(void)
{
	return syscall(SYS_prctl, PR_SET_TIMERSLACK, 12345, 2, 3, 4);
}

static bool effect_prctl(void)
{
	return syscall(SYS_prctl, PR_GET_TIMERSLACK, 0, 0, 0, 0) == 12345;
}

/* An address is left out. */
static void describe_prctl_address(void)
{
	add("\"option\":\"%d\",\"arg2\":\"0\",\"arg3\":\"0\",\"arg4\":\"0\",\"arg5\":\"0\"", PR_SET_NAME);
}

static long act_prctl_address(void)
{
	return syscall(SYS_prctl, PR_SET_NAME, "other", 0, 0, 0);
}

static bool effect_prctl_address(void)
{
	char name[16] = "";

	return !syscall(SYS_prctl, PR_GET_NAME, name, 0, 0, 0) && !strcmp(name, "other");
}

static void describe_traceme(void)
{
	add("\"source\":\"@self\"");
}

static long act_traceme(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static bool effect_traceme(void)
{
	char text[4096] = "";
	const char *line;

	read_text("/proc/self/status", text, sizeof(text));
	line = strstr(text, "TracerPid:\t");
	return line && atoi(line + 11) > 0;
}

/* A child with other capabilities. */
static struct __user_cap_data_struct child_caps[2], got_caps[2];

static void prepare_capget(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	caps_get(child_caps);
	child_caps[0].effective &= ~(1u << CAP_SYS_TIME);
	child_caps[0].permitted &= ~(1u << CAP_SYS_NICE | 1u << CAP_SYS_TIME);
	child_caps[0].effective &= child_caps[0].permitted;
	child_caps[0].inheritable = 1u << CAP_CHOWN;
	if (!(child = fork())) {
		if (syscall(SYS_capset, &header, child_caps))
			die("capset");
		wait_to_stop();
	}
	wait_for_child();
}

static unsigned long long cap_bits(unsigned low, unsigned high)
{
	return (unsigned long long)high << 32 | low;
}

static void describe_capget(void)
{
	const struct __user_cap_data_struct *c = child_caps;

	add("\"target\":\"@self\",\"effective\":\"0x%llx\",\"inheritable\":\"0x%llx\",\"permitted\":\"0x%"
	    "llx\"",
	    cap_bits(c[0].effective, c[1].effective), cap_bits(c[0].inheritable, c[1].inheritable),
	    cap_bits(c[0].permitted, c[1].permitted));
}

static long act_capget(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = child};

	return syscall(SYS_capget, &header, got_caps);
}

static bool effect_capget(void)
{
	return got_caps[0].effective == child_caps[0].effective && got_caps[0].effective;
}

static void describe_capable(void)
{
	add("\"cap\":\"%d\",\"ns\":\"0\",\"call\":\"\"", CAP_WAKE_ALARM);
}

static long act_capable(void)
{
	return peer = syscall(SYS_timerfd_create, CLOCK_REALTIME_ALARM, 0);
}

static char user_namespace[64];

static void prepare_userns(void)
{
	if (readlink("/proc/self/ns/user", user_namespace, sizeof(user_namespace) - 1) < 0)
		die("/proc/self/ns/user");
}

static void describe_userns(void)
{
	add_creds("cred");
}

static long act_userns(void)
{
	return unshare(CLONE_NEWUSER);
}

static bool effect_userns(void)
{
	char now[64] = "";

	return readlink("/proc/self/ns/user", now, sizeof(now) - 1) > 0 && strcmp(now, user_namespace) != 0;
}

static void saved_other(void)
{
	if (setresuid(-1, -1, 4321))
		die("setresuid");
}

/* Asks for the capability, too. */
static void prepare_setuid(void)
{
	elsewhere(saved_other);
}

static void describe_setuid(void)
{
	add("\"uid\":\"0\",\"euid\":\"0\",\"suid\":\"1234\",\"fsuid\":\"0\",\"flags\":\"4\"");
}

static long act_setuid(void)
{
	return setresuid(-1, -1, 1234);
}

static bool effect_setuid(void)
{
	uid_t r, e, s;

	return !getresuid(&r, &e, &s) && s == 1234;
}

/* Into the control group in which it is: that one is named, is what counts. */
static void prepare_cgroup(void)
{
	if (mount("groups", here("dir"), "cgroup2", 0, NULL))
		die("mount");
	fd = open_or_die(here("dir"), O_PATH | O_DIRECTORY);
}

static void describe_cgroup(void)
{
	add("\"flags\":\"0x200000000\"");
}

static long act_cgroup(void)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = fd};

	result = syscall(SYS_clone3, &args, sizeof(args));
	if (!result)
		_exit(0);
	return result;
}

static void cgroup_gone(void)
{
	umount2(here("dir"), MNT_DETACH);
}

/* ---- to another process ---- */

static long act_setscheduler_other(void)
{
	const struct sched_param none = {};

	return sched_setscheduler(child, SCHED_BATCH, &none);
}

static bool effect_setscheduler_other(void)
{
	return sched_getscheduler(child) == SCHED_BATCH;
}

static void describe_setnice_other(void)
{
	add("\"task\":\"@self\",\"nice\":\"7\"");
}

static long act_setnice_other(void)
{
	return setpriority(PRIO_PROCESS, child, 7);
}

static bool effect_setnice_other(void)
{
	return getpriority(PRIO_PROCESS, child) == 7;
}

static long act_setioprio_other(void)
{
	return syscall(SYS_ioprio_set, IOPRIO_PROCESS, child, IOPRIO_BEST_EFFORT_6);
}

static bool effect_setioprio_other(void)
{
	return syscall(SYS_ioprio_get, IOPRIO_PROCESS, child) == IOPRIO_BEST_EFFORT_6;
}

/* ---- power that is granted ---- */

static void prepare_dumpable(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		die("prctl");
}

static void describe_dumpable(void)
{
	add("\"option\":\"%d\",\"arg2\":\"1\",\"arg3\":\"0\",\"arg4\":\"0\",\"arg5\":\"0\"", PR_SET_DUMPABLE);
}

static long act_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static bool effect_dumpable(void)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
}

static void saved_other_group(void)
{
	if (setresgid(-1, -1, 4321))
		die("setresgid");
}

/* Asks for the capability, too. */
static void prepare_setgid(void)
{
	elsewhere(saved_other_group);
}

static void describe_setgid(void)
{
	add("\"gid\":\"0\",\"egid\":\"0\",\"sgid\":\"1234\",\"fsgid\":\"0\",\"flags\":\"4\"");
}

static long act_setgid(void)
{
	return setresgid(-1, -1, 1234);
}

static bool effect_setgid(void)
{
	gid_t r, e, s;

	return !getresgid(&r, &e, &s) && s == 1234;
}

static long take_groups(const gid_t *groups, size_t count)
{
	return syscall(SYS_setgroups, count, groups);
}

static void groups_other(void)
{
	const gid_t other = 9;

	if (take_groups(&other, 1))
		die("setgroups");
}

static void prepare_setgroups(void)
{
	elsewhere(groups_other);
}

/* In whatever order they were given. */
static void describe_setgroups(void)
{
	add("\"count\":\"2\",\"groups\":\"@sha256:hex:0700000008000000\"");
}

static long act_setgroups(void)
{
	const gid_t groups[] = {8, 7};

	return take_groups(groups, 2);
}

static bool effect_setgroups(void)
{
	gid_t groups[4];

	return getgroups(4, groups) == 2 && groups[0] == 7 && groups[1] == 8;
}

/* The same by the use of a capability alone: the event has the call. */
static void prepare_hostname(void)
{
	if (leave_host())
		die("unshare");
}

static void describe_hostname(void)
{
	add("\"cap\":\"%d\",\"ns\":\"0\",\"call\":\"sethostname\"", CAP_SYS_ADMIN);
}

static long act_hostname(void)
{
	return sethostname("deed", 4);
}

static bool effect_hostname(void)
{
	char name[16] = "";

	return !gethostname(name, sizeof(name)) && !strcmp(name, "deed");
}

static void describe_userfault(void)
{
	add("\"name\":\"[userfaultfd]\"");
}

static long act_userfault(void)
{
	return peer = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
}

/* Asks for the capability by another way. */
static void prepare_perf(void)
{
	char value[8];

	if (getxattr(here("file"), "trusted.none", value, sizeof(value)) >= 0)
		die("getxattr");
}

static void describe_perf(void)
{
	add("\"type\":\"0\"");
}

static long act_perf(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .exclude_kernel = 1};

	return peer = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

/* ---- io_uring ---- */

static int ring_fd;
static char *ring_map;
static struct io_uring_params ring;
static struct io_uring_sqe *ring_sqes;

static void ring_open(void)
{
	ring_fd = syscall(SYS_io_uring_setup, 4, &ring);
	if (ring_fd < 0)
		die("io_uring_setup");
	ring_map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, IORING_OFF_SQ_RING);
	ring_sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, IORING_OFF_SQES);
	if (ring_map == MAP_FAILED || (void *)ring_sqes == MAP_FAILED)
		die("io_uring");
}

static unsigned *ring_word(unsigned offset)
{
	return (unsigned *)(ring_map + offset);
}

/* One command to the descriptor, and what came of it. */
static long ring_command(int to, unsigned operation)
{
	const struct io_uring_cqe *done = (const void *)(ring_map + ring.cq_off.cqes);

	memset(ring_sqes, 0, sizeof(*ring_sqes));
	ring_sqes->opcode = IORING_OP_URING_CMD;
	ring_sqes->fd = to;
	ring_sqes->cmd_op = operation;
	*ring_word(ring.sq_off.array) = 0;
	__atomic_store_n(ring_word(ring.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring_fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	errno = done->res < 0 ? -done->res : 0;
	return done->res < 0 ? -1 : done->res;
}

static void prepare_uring_cmd(void)
{
	ring_open();
	fd = open_or_die("/dev/null", O_RDWR);
}

static void describe_uring_cmd(void)
{
	add_file("/dev/null", O_RDWR, false);
	add(",\"cmd_op\":\"77\"");
}

static long act_uring_cmd(void)
{
	return result = ring_command(fd, 77);
}

static void prepare_uring_socket(void)
{
	ring_open();
	fd = socket_or_die(AF_INET, SOCK_DGRAM);
}

static void describe_uring_socket(void)
{
	struct stat st;

	if (fstat(fd, &st))
		die("fstat");
	add("\"file\":{\"flags\":\"0x2\",\"inode\":{\"uid\":\"%u\",\"gid\":\"%u\",\"mode\":\"0%o\",\"s_"
	    "magic\":\"0x534f434b\","
	    "\"s_id\":\"@id\",\"s_uuid\":\"@uuid\"},\"path\":{\"dev\":\"@dev\",\"type\":\"@type\","
	    "\"pathname\":\"socket:\"},"
	    "\"digest\":\"" ZEROS "\"},\"cmd_op\":\"0\"",
	    st.st_uid, st.st_gid, st.st_mode);
}

/* How much could be received. */
static long act_uring_socket(void)
{
	return result = ring_command(fd, 0);
}

/* Asks for the capability, too. */
static void prepare_sqpoll(void)
{
	ring_open();
}

static long act_sqpoll(void)
{
	struct io_uring_params polled = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 10};

	return peer = syscall(SYS_io_uring_setup, 4, &polled);
}

/* One deed, one row. */
/* clang-format off */
#define DEEDS_TASK \
	{"setpgid", "task_setpgid", prepare_nothing, describe_setpgid, act_setpgid, effect_setpgid, 0}, \
	{"getpgid", "task_getpgid", prepare_nothing, describe_task, act_getpgid, effect_result, 0}, \
	{"getsid", "task_getsid", prepare_nothing, describe_task, act_getsid, effect_result, 0}, \
	{"getioprio", "task_getioprio", prepare_nothing, describe_task, act_getioprio, effect_result, 0}, \
	{"getscheduler", "task_getscheduler", prepare_nothing, describe_task, act_getscheduler, effect_result, 0}, \
	{"setscheduler", "task_setscheduler", prepare_nothing, describe_setscheduler, act_setscheduler, effect_setscheduler, 0}, \
	{"setnice", "task_setnice", prepare_setnice, describe_setnice, act_setnice, effect_setnice, 0}, \
	{"setioprio", "task_setioprio", prepare_nothing, describe_setioprio, act_setioprio, effect_setioprio, 0}, \
	{"prlimit", "task_prlimit", prepare_child, describe_prlimit, act_prlimit, effect_prlimit, 0}, \
	{"setrlimit", "task_setrlimit", prepare_nothing, describe_setrlimit, act_setrlimit, effect_setrlimit, 0}, \
	{"prctl", "task_prctl", prepare_nothing, describe_prctl, act_prctl, effect_prctl, 0}, \
	{"prctl_address", "task_prctl", prepare_nothing, describe_prctl_address, act_prctl_address, effect_prctl_address, 0}, \
	{"traceme", "ptrace_traceme", prepare_nothing, describe_traceme, act_traceme, effect_traceme, 0}, \
	{"capget", "capget", prepare_capget, describe_capget, act_capget, effect_capget, 0}, \
	{"capable", "capable", prepare_nothing, describe_capable, act_capable, effect_descriptor, 0}, \
	{"userns", "userns_create", prepare_userns, describe_userns, act_userns, effect_userns, 0}, \
	{"setuid", "task_fix_setuid", prepare_setuid, describe_setuid, act_setuid, effect_setuid, 0}, \
	{"cgroup", "task_alloc", prepare_cgroup, describe_cgroup, act_cgroup, effect_result, 0, 0, cgroup_gone}, \
	{"setscheduler_other", "task_setscheduler", prepare_child, describe_setscheduler, act_setscheduler_other, effect_setscheduler_other, 0}, \
	{"setnice_other", "task_setnice", prepare_child, describe_setnice_other, act_setnice_other, effect_setnice_other, 0}, \
	{"setioprio_other", "task_setioprio", prepare_child, describe_setioprio, act_setioprio_other, effect_setioprio_other, 0}, \
	{"setrlimit_other", "task_setrlimit", prepare_child, describe_setrlimit, act_prlimit, effect_prlimit, 0}, \
	{"dumpable", "task_prctl", prepare_dumpable, describe_dumpable, act_dumpable, effect_dumpable, 0}, \
	{"setgid", "task_fix_setgid", prepare_setgid, describe_setgid, act_setgid, effect_setgid, 0}, \
	{"setgroups", "task_fix_setgroups", prepare_setgroups, describe_setgroups, act_setgroups, effect_setgroups, 0}, \
	{"hostname", "capable", prepare_hostname, describe_hostname, act_hostname, effect_hostname, 0}, \
	{"userfault", "inode_init_security_anon", prepare_nothing, describe_userfault, act_userfault, effect_descriptor, 0}, \
	{"perf", "perf_event_open", prepare_perf, describe_perf, act_perf, effect_descriptor, 0}, \
	{"uring_cmd", "uring_cmd", prepare_uring_cmd, describe_uring_cmd, act_uring_cmd, effect_result, 0}, \
	{"uring_socket", "uring_cmd", prepare_uring_socket, describe_uring_socket, act_uring_socket, effect_result, 0}, \
	{"sqpoll", "uring_sqpoll", prepare_sqpoll, prepare_nothing, act_sqpoll, effect_descriptor, 0}
/* clang-format on */

#endif
