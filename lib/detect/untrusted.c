/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists untrusted processes, in namespaces and outside all of them, and makes one trusted again. */
#include "detect.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIDFD_THREAD_FLAG 0200 /* O_EXCL: of one thread; Linux 6.9 */
#define PASSES 100

bool tsem_detect_untrusts(struct tsem_detect *detect)
{
	tsem_u64 id = detect->shared->untrusted;
	tsem_u32 slot = detect->shared->untrusted_slot;

	return id && slot < TSEM_NAMESPACE_MAX && detect->kernel->slots[slot].id == id;
}

int tsem_detect_untrust_by(struct tsem_detect *detect, struct tsem_orchestrator *orchestrator, const char *name,
			   struct tsem_error *error)
{
	int lock = runtime_lock_state(error), r = -ENOENT;
	struct tsem_status status;

	if (lock < 0)
		return lock;
	if (!tsem_orchestrator_status(orchestrator, &status, error))
		for (tsem_u32 slot = 0; r && slot < TSEM_NAMESPACE_MAX; slot++)
			if (detect->kernel->slots[slot].id == status.id) {
				kernel_slot_hold(detect->kernel, slot);
				detect->shared->untrusted_slot = slot;
				__atomic_store_n(&detect->shared->untrusted, status.id, __ATOMIC_RELEASE);
				r = 0;
			}
	close(lock);
	return r ? tsem_error_set(error, ENOENT, "the namespace %s is gone", name) : 0;
}

/* ---- who ---- */

static int find_state(const struct tsem_kernel *kernel, tsem_u32 pid, unsigned flags, struct tsem_task *ret_task)
{
	int pidfd = syscall(SYS_pidfd_open, pid, flags), r;

	if (pidfd < 0)
		return -errno;
	r = bpf_map_lookup_elem(kernel->tasks, &pidfd, ret_task) ? -errno : 0;
	close(pidfd);
	return r;
}

static void read_comm(tsem_u32 pid, char *ret_comm)
{
	char path[64], *text;
	size_t size;

	*ret_comm = 0;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	if (runtime_read_file(path, &text, &size, NULL))
		return;
	snprintf(ret_comm, TSEM_COMM_SIZE + 1, "%.*s", size ? (int)size - 1 : 0, text);
	free(text);
}

static bool fill_untrusted(const struct tsem_kernel *kernel, tsem_u32 pid, struct tsem_untrusted *ret_untrusted)
{
	const struct tsem_namespace *ns;
	struct tsem_task task;

	if (find_state(kernel, pid, 0, &task) || !(task.flags & TSEM_TASK_UNTRUSTED) ||
	    task.flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE))
		return false;
	ns = &kernel->slots[task.slot % TSEM_NAMESPACE_MAX];
	*ret_untrusted = (struct tsem_untrusted){.pid = pid, .frozen = task.flags & TSEM_TASK_FROZEN};
	snprintf(ret_untrusted->session, sizeof(ret_untrusted->session), "%s",
		 ns->id == task.context ? (const char *)ns->name : "(ended)");
	read_comm(pid, ret_untrusted->comm);
	return true;
}

static int collect(const struct tsem_kernel *kernel, struct tsem_untrusted **ret_list, size_t *ret_count,
		   struct tsem_error *error)
{
	struct tsem_untrusted *list = NULL, *more, one;
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	if (!processes)
		return tsem_error_set(error, errno, "cannot read /proc: %s", strerror(errno));
	while ((entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !fill_untrusted(kernel, atoi(entry->d_name), &one))
			continue;
		more = realloc(list, (count + 1) * sizeof(*list));
		if (!more) {
			free(list);
			closedir(processes);
			return tsem_error_set(error, ENOMEM, "out of memory");
		}
		list = more;
		list[count++] = one;
	}
	closedir(processes);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int tsem_untrusted_list(struct tsem_untrusted **ret_list, size_t *ret_count, struct tsem_error *error)
{
	struct tsem_kernel *kernel;
	int r;

	*ret_list = NULL;
	*ret_count = 0;
	r = kernel_open_loaded(&kernel, error);
	if (r || !kernel)
		return r;
	r = collect(kernel, ret_list, ret_count, error);
	tsem_kernel_close(kernel);
	return r;
}

/* ---- letting go ---- */

/* 1: it was in the namespace of the untrusted, and is outside now; 0: it was not. */
static int let_thread_go(struct tsem_detect *detect, tsem_u32 tid, bool leader)
{
	struct tsem_namespace *ns = &detect->kernel->slots[detect->shared->untrusted_slot];
	int pidfd = syscall(SYS_pidfd_open, tid, leader ? 0 : PIDFD_THREAD_FLAG), r = 0;
	struct tsem_task task;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (!bpf_map_lookup_elem(detect->kernel->tasks, &pidfd, &task) && task.context == detect->shared->untrusted) {
		r = bpf_map_delete_elem(detect->kernel->tasks, &pidfd) ? -errno : 1;
		if (r == 1)
			__atomic_fetch_sub(&ns->tasks, 1, __ATOMIC_SEQ_CST);
	}
	close(pidfd);
	return r == -ENOENT || r == -ESRCH ? 0 : r;
}

/* The first thread last: what is born of the others looks at it. Returns how many were let go. */
static int let_threads_go(struct tsem_detect *detect, tsem_u32 pid)
{
	struct dirent *entry;
	char path[64];
	int count = 0, r = 0;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	threads = opendir(path);
	while (threads && r >= 0 && (entry = readdir(threads))) {
		tsem_u32 tid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (tid && tid != pid)
			r = let_thread_go(detect, tid, false);
		count += r > 0;
	}
	if (threads)
		closedir(threads);
	if (r >= 0)
		r = let_thread_go(detect, pid, true);
	return r < 0 ? r : count + (r > 0);
}

static void fill_forgiven(struct tsem_signal *signal, tsem_u32 pid, const char *reason)
{
	char comm[TSEM_COMM_SIZE + 1];

	read_comm(pid, comm);
	*signal = (struct tsem_signal){.outcome = TSEM_SIGNAL_FORGIVEN,
				       .pid = getpid(),
				       .tid = getpid(),
				       .ppid = getppid(),
				       .uid = getuid(),
				       .euid = geteuid(),
				       .other_pid = pid};
	memcpy(signal->comm, "tsem", 4);
	memcpy(signal->other_comm, comm, TSEM_COMM_SIZE);
	memcpy(signal->name, "forgive", 7);
	snprintf((char *)signal->string, sizeof(signal->string), "%s", reason);
}

int tsem_detect_forgive(struct tsem_detect *detect, tsem_u32 pid, const char *reason, struct tsem_error *error)
{
	struct tsem_signal signal;
	struct tsem_task task;
	int r = 1, pidfd;

	if (find_state(detect->kernel, pid, 0, &task) || !(task.flags & TSEM_TASK_UNTRUSTED))
		return tsem_error_set(error, ESRCH, "process %u is not untrusted (`tsem ps --untrusted`)", pid);
	if (task.context != detect->shared->untrusted)
		return tsem_error_set(
			error, EINVAL,
			"process %u is in a namespace of its own, which does not forget: end it, or its session", pid);
	fill_forgiven(&signal, pid, reason);
	r = detect_note_signal(detect, &signal, error); /* first: nobody is let go without a record */
	if (r)
		return r;
	for (int pass = 0; pass < PASSES && (r = let_threads_go(detect, pid)) > 0; pass++)
		;
	if (r)
		return tsem_error_set(error, r < 0 ? -r : EBUSY, "cannot let process %u go: %s", pid,
				      r < 0 ? strerror(-r) : "it makes threads faster than that");
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0 && task.flags & TSEM_TASK_FROZEN)
		syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
	if (pidfd >= 0)
		close(pidfd);
	return 0;
}
