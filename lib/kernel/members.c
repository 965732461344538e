/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The processes of a namespace: the kernel side's state of every existing process. */
#include "runtime.h"
#include "../base/ticks.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The process may end and its number be reused between any two calls: the descriptor stays with the first. */
static bool is_member(const struct tsem_kernel *kernel, tsem_u64 context, int pidfd)
{
	struct tsem_task task;

	return !bpf_map_lookup_elem(kernel->tasks, &pidfd, &task) && task.context == context;
}

static bool signal_member(const struct tsem_kernel *kernel, tsem_u64 context, pid_t pid, int signal)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	bool sent;

	if (pidfd < 0)
		return false;
	sent = is_member(kernel, context, pidfd) && !syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
	close(pidfd);
	return sent;
}

/* A process that keeps forking outruns the search: from now on fork fails in this namespace. */
static void end_births(const struct tsem_kernel *kernel, tsem_u64 context)
{
	for (tsem_u32 slot = 0; slot < TSEM_NAMESPACE_MAX; slot++)
		if (kernel->slots[slot].id == context)
			__atomic_store_n(&kernel->slots[slot].ending, 1, __ATOMIC_RELEASE);
}

int kernel_signal_members(const struct tsem_kernel *kernel, tsem_u64 context, int signal, size_t *ret_count,
			  struct tsem_error *error)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	if (!processes)
		return tsem_error_set(error, errno, "cannot find the processes of the workload: /proc cannot be read");
	if (signal == SIGKILL)
		end_births(kernel, context);
	while ((entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			count += signal_member(kernel, context, atoi(entry->d_name), signal);
	closedir(processes);
	*ret_count = count;
	return 0;
}

/*
 * From 7.0 on the kernel may interrupt a tracing program for another task, and then runs it for no other task on that
 * processor until it has continued. The programs miss births and ends meanwhile. This counts them again.
 */
static tsem_u64 misses_of(const char *program)
{
	struct bpf_prog_info program_info = {};
	struct bpf_link_info link_info = {};
	__u32 program_size = sizeof(program_info), link_size = sizeof(link_info);
	char path[128];
	int link, fd = -1;

	snprintf(path, sizeof(path), TSEM_PINS "/links/%s", program);
	link = bpf_obj_get(path);
	if (link >= 0 && !bpf_obj_get_info_by_fd(link, &link_info, &link_size))
		fd = bpf_prog_get_fd_by_id(link_info.prog_id);
	if (fd >= 0)
		bpf_obj_get_info_by_fd(fd, &program_info, &program_size);
	if (link >= 0)
		close(link);
	if (fd >= 0)
		close(fd);
	return program_info.recursion_misses;
}

/* Skips a task that has ended and waits for its parent. */
static bool thread_lives(const char *process, const char *thread)
{
	char path[320], line[128] = "", *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/stat", process, thread);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = 0;
	fclose(file);
	state = strrchr(line, ')');
	return state && state[1] == ' ' && !strchr("ZX", state[2]);
}

static size_t count_threads(const char *process)
{
	char path[280];
	struct dirent *entry;
	size_t count = 0;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%s/task", process);
	threads = opendir(path);
	while (threads && (entry = readdir(threads)))
		if (isdigit((unsigned char)entry->d_name[0]))
			count += thread_lives(process, entry->d_name);
	if (threads)
		closedir(threads);
	return count;
}

/* Living tasks of the namespace; -1 when they cannot be counted. */
static tsem_s64 count_members(const struct tsem_kernel *kernel, tsem_u64 context)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	tsem_s64 count = 0;
	int pidfd;

	if (!processes)
		return -1;
	while ((entry = readdir(processes))) {
		pidfd = isdigit((unsigned char)entry->d_name[0]) ? syscall(SYS_pidfd_open, atoi(entry->d_name), 0) : -1;
		if (pidfd < 0)
			continue;
		if (is_member(kernel, context, pidfd))
			count += count_threads(entry->d_name);
		close(pidfd);
	}
	closedir(processes);
	return count;
}

void kernel_slot_recount(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	static tsem_u64 last[TSEM_NAMESPACE_MAX];
	struct tsem_namespace *ns = &kernel->slots[slot];
	tsem_s64 noted = __atomic_load_n(&ns->tasks, __ATOMIC_SEQ_CST), counted;

	if (!ns->id || ns->options & TSEM_OPTION_ROOT ||
	    (noted > 0 && ticks_seconds() == __atomic_load_n(&last[slot], __ATOMIC_RELAXED)))
		return;
	__atomic_store_n(&last[slot], ticks_seconds(), __ATOMIC_RELAXED);
	if (!misses_of("task_begins") && !misses_of("task_ends"))
		return;
	counted = count_members(kernel, ns->id);
	if (counted >= 0 && __atomic_load_n(&ns->bound, __ATOMIC_SEQ_CST))
		counted++; /* the place that a binding keeps */
	/* A task that was born or ended meanwhile is in only one of the two counts: the next call looks at it again. */
	if (counted >= 0)
		__atomic_compare_exchange_n(&ns->tasks, &noted, counted, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
