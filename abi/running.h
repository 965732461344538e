/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the library asks bpf/running/ about one task that runs already, and has it do. */
#ifndef TSEM_ABI_RUNNING_H
#define TSEM_ABI_RUNNING_H

#include "limits.h"
#include "namespace.h"
#include "types.h"

#define TSEM_RUNNING_LOOK 0u
#define TSEM_RUNNING_JOIN 1u /* it is a task of the namespace from now on, as `task` says */
#define TSEM_RUNNING_LEAVE 2u /* ... and is none any more */
#define TSEM_RUNNING_STAND 3u /* as JOIN, of the first thread of a process, which has ended: it is not counted */

/* Of the kernel's flags of a task. */
#define TSEM_RUNNING_EXITING 0x4u
#define TSEM_RUNNING_KERNEL 0x200000u /* a thread of the kernel */

/* A variable of the program, which the library maps into its memory. */
struct tsem_running_task {
	/* Written by the library. */
	tsem_u32 tid; /* as the initial PID namespace numbers it */
	tsem_u32 what; /* TSEM_RUNNING_* */
	tsem_u64 context; /* the namespace */
	tsem_u64 began; /* when the task did, as LOOK has found it: another one may have its number by now */
	/*
	 * 0: done. -ESRCH: there is no such task; -ENOENT: no such namespace; -EEXIST: the task is in one already, or belongs
	 * to tsem; -ENOMEM.
	 */
	tsem_s32 result;
	tsem_u32 tgid; /* its process */
	tsem_u32 parent; /* the process that has it for a child while that lives */
	tsem_u32 flags; /* the kernel's */
	/* Executions behind it, of all whom it descends from too, and those that its parent had at the fork. */
	tsem_u64 execs;
	tsem_u64 parent_execs;
	tsem_u64 streams[TSEM_STREAMS]; /* its standard streams now */
	struct tsem_task task; /* its state; zeros: it has none */
};
TSEM_SIZE(tsem_running_task, 80 + 408);
TSEM_LAYOUT(tsem_running_task, task, 80);

#endif
