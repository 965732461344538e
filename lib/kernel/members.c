/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The processes of a namespace: the kernel side's state of every existing process. */
#include "runtime.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The process may end and its number be reused between any two calls: the descriptor stays with the first. */
static bool signal_member(const struct tsem_kernel *kernel, tsem_u64 context, pid_t pid, int signal)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	struct tsem_task task;
	bool sent;

	if (pidfd < 0)
		return false;
	sent = !bpf_map_lookup_elem(kernel->tasks, &pidfd, &task) && task.context == context &&
	       !syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
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
