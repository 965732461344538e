/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An agent reads, writes and computes. An attacker who controls it must not be able to do more. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include "process.h"
#include "../../lib/base/unused_id.h"

static int fail(struct tsem_error *error, const char *what)
{
	return tsem_error_set(error, errno ? errno : EPERM, "the modeling agent cannot give up its privileges: %s: %s",
			      what, strerror(errno ? errno : EPERM));
}

/* ---- files ---- */

/* A deleted root directory: it is empty, and nothing can be created in it. */
static int enter_deleted_root(struct tsem_error *error)
{
	char path[] = "/tmp/tsem-tma.XXXXXX";

	if (!mkdtemp(path))
		return fail(error, "no empty directory in /tmp");
	if (chdir(path) < 0 || rmdir(path) < 0) {
		rmdir(path);
		return fail(error, path);
	}
	if (chroot(".") < 0)
		return fail(error, "chroot");
	return 0;
}

/* ---- identity ---- */

static int find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid, struct tsem_error *error)
{
	const struct passwd *user = getpwnam(name);

	if (!user)
		return tsem_error_set(error, ENOENT,
				      "there is no user '%s' to run the modeling agent as; name one with --user", name);
	if (!user->pw_uid)
		return tsem_error_set(error, EINVAL, "the modeling agent cannot run as '%s', which is root", name);
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return 0;
}

/* A process with the same user id may stop, limit and kill the agent. So it takes an id that nobody has. */
static int find_unused_id(uid_t *ret_uid, gid_t *ret_gid, struct tsem_error *error)
{
	int r = unused_id(ret_uid);

	*ret_gid = *ret_uid;
	if (!r)
		return 0;
	if (r != -EUSERS && r != -ENXIO)
		return tsem_error_set(error, -r, "cannot find a user id that nobody has, for the modeling agent: %s",
				      strerror(-r));
	return tsem_error_set(
		error, EUSERS,
		"no user id from %u to %u is free for the modeling agent; name a user of its own with --user",
		UNUSED_ID_FIRST, UNUSED_ID_LAST);
}

static int switch_user(uid_t uid, gid_t gid, struct tsem_error *error)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return fail(error, "another user");
	return 0;
}

static int drop_bounding_set(struct tsem_error *error)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) < 0)
			return fail(error, "bounding set");
	return 0;
}

static int drop_capabilities(struct tsem_error *error)
{
	cap_t none = cap_init();
	int r = none ? cap_set_proc(none) : -1;

	if (none)
		cap_free(none);
	return r < 0 ? fail(error, "capabilities") : 0;
}

static int limit_resources(struct tsem_error *error)
{
	static const int resources[] = {RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE};
	struct rlimit zero = {0, 0};

	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
		if (setrlimit(resources[i], &zero) < 0)
			return fail(error, "resource limits");
	return 0;
}

/* ---- system calls ---- */

#if defined(__x86_64__)
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCH AUDIT_ARCH_AARCH64
#else
#error "the architecture's audit number is not known here"
#endif

/* Without mmap and getsockopt, which have rules of their own. */
static const int allowed[] = {
	__NR_read,	 __NR_write,	     __NR_epoll_pwait, __NR_epoll_ctl,	  __NR_accept4,
	__NR_close,	 __NR_munmap,	     __NR_mremap,      __NR_brk,	  __NR_madvise,
	__NR_getrandom,	 __NR_clock_gettime, __NR_futex,       __NR_rt_sigreturn, __NR_restart_syscall,
	__NR_exit,	 __NR_exit_group,
#ifdef __NR_epoll_wait
	__NR_epoll_wait,
#endif
};
#define ALLOWED (sizeof(allowed) / sizeof(*allowed))

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

/*
 * mmap of anonymous, non-executable memory, and getsockopt for a socket's peer; every call that is not listed ends the
 * process.
 */
static int filter_calls(struct tsem_error *error)
{
	struct sock_filter program[ALLOWED + 24] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getsockopt, 0, 6),
		LOAD(args[1]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOL_SOCKET, 0, 3),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SO_PEERCRED, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 0, 6),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 3, 0),
		LOAD(args[3]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {.filter = program};
	unsigned at = 18;

	for (unsigned i = 0; i < ALLOWED; i++)
		program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], ALLOWED - i, 0);
	program[at++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	program[at++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	filter.len = at;
	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		return fail(error, "filter of system calls");
	return 0;
}

static int leave_root(const char *user, struct tsem_error *error)
{
	uid_t uid = 65534;
	gid_t gid = 65534;
	int r = user ? find_user(user, &uid, &gid, error) : find_unused_id(&uid, &gid, error);

	if (!r)
		r = enter_deleted_root(error);
	if (!r)
		r = drop_bounding_set(error);
	return r ? r : switch_user(uid, gid, error);
}

int sandbox_enter(const char *user, struct tsem_error *error)
{
	int r = geteuid() ? 0 : leave_root(user, error);

	if (!r)
		r = drop_capabilities(error);
	if (!r)
		r = limit_resources(error);
	if (r)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(error, "no new privileges");
	return filter_calls(error);
}
